import { api, type PracticeOptions, type SessionView, type Settings } from '../../api/client';
import { saveSettings } from '../../lib/app.svelte';

export class SettingsState {
  sessions = $state.raw<SessionView[]>([]);
  practice = $state.raw<PracticeOptions | null>(null);
  error = $state.raw<unknown>(null);

  async load(): Promise<void> {
    try {
      [this.sessions, this.practice] = await Promise.all([api.sessions(), api.practiceOptions()]);
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
