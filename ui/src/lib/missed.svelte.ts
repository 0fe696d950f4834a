// Campaigns whose time passed unseen. The owner is asked when the first of them is found, and again by their own click.
import { api, type Missed } from '../api/client';
import { keepFresh } from './fresh';

class MissedCampaigns {
  list = $state.raw<Missed[]>([]);
  asking = $state(false);
  /** Those that the owner was asked of since the window opened. */
  private asked = new Set<string>();

  ask(): void {
    for (const one of this.list) this.asked.add(one.id);
    this.asking = this.list.length > 0;
  }

  read(list: Missed[]): void {
    this.list = list;
    if (list.some((one) => !this.asked.has(one.id))) this.ask();
    if (list.length === 0) this.asking = false;
  }
}
export const missed = new MissedCampaigns();

/** Starts following; returns the way to stop. What cannot be read stays as it was. */
export function followMissed(): () => void {
  return keepFresh(['nowChanged', 'campaignChanged'], async () => {
    missed.read(await api.missed().catch(() => missed.list));
  });
}
