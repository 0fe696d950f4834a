import { api, type NumberView, type PracticeOptions, type Settings } from '../../api/client';
import { saveSettings } from '../../lib/app.svelte';

export class SettingsState {
  numbers = $state.raw<NumberView[]>([]);
  practice = $state.raw<PracticeOptions | null>(null);
  error = $state.raw<unknown>(null);

  async load(): Promise<void> {
    try {
      [this.numbers, this.practice] = await Promise.all([api.numbers(), api.practiceOptions()]);
    } catch (error) {
      this.error = error;
    }
  }

  /** Kept at once; a refusal stays visible until the next change. */
  async keep(change: Partial<Settings>): Promise<void> {
    try {
      await saveSettings(change);
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }
}
