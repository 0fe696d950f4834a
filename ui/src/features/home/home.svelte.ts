import { api, type HomeView } from '../../api/client';
import { keepFresh } from '../../lib/fresh';

export class Home {
  view = $state.raw<HomeView | null>(null);
  error = $state.raw<unknown>(null);

  follow = (): (() => void) => keepFresh(['nowChanged', 'campaignChanged', 'ledgerChanged', 'contactsChanged', 'numbersChanged', 'settingsChanged'], () => this.load());

  async load(): Promise<void> {
    try {
      this.view = await api.home();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }
}
