// A text of which nothing can be seen counts as empty. The core's `is_blank` says the same. Pure.

/** Blanks, controls, what Unicode lets a font leave out, and the few characters without ink beside them. */
const UNSEEN = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u{2800}\u{16FE4}\u{1D159}\u{FFF9}-\u{FFFB}]*$/u;

export function isBlank(text: string): boolean {
  return UNSEEN.test(text);
}
