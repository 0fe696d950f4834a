// What there is to say about a preview of the text's link. Pure.
import type { Link, LinkCard } from '../../api/client';

/** Why the preview that is there does not go with the text. */
export type Unsent = 'caption' | 'other';
export type LinkState = {
  card: LinkCard | null;
  /** Null where it goes with the text, or there is none. */
  unsent: Unsent | null;
  /** The host whose page can be looked at. */
  offered: string | null;
  /** The link differs by person. */
  varies: boolean;
};

/** `ownPart`: the text is a bubble of its own, and no caption. */
export function linkState(link: Link | null, card: LinkCard | null, ownPart: boolean): LinkState {
  const fits = card !== null && link !== null && !link.varies && link.text === card.link;
  const unsent = card === null || (fits && ownPart) ? null : fits ? 'caption' : 'other';
  return { card, unsent, offered: link !== null && !link.varies && !fits && ownPart ? link.host : null, varies: link !== null && link.varies && ownPart };
}

/** The card that the phone shows. */
export function sentCard({ card, unsent }: LinkState): LinkCard | null {
  return unsent === null ? card : null;
}
