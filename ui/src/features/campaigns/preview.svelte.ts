// The phone beside the text: one contact of the audience at a time. The core says who it is; the text is filled here,
// so that it follows every key.
import { api, type ContactView, type MessagePreview } from '../../api/client';

export class Preview {
  message = $state.raw<MessagePreview | null>(null);
  contact = $state.raw<ContactView | null>(null);
  #index = 0;
  #round = 0;

  constructor(private draftId: string) {}

  get total(): number {
    return this.message?.total ?? 0;
  }

  /** Numbers outside the audience come back in on the other side. */
  async show(index: number): Promise<void> {
    const total = this.total;
    this.#index = total > 0 ? ((index % total) + total) % total : 0;
    await this.load();
  }

  step(by: number): Promise<void> {
    return this.show(this.#index + by);
  }

  async load(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    try {
      const message = await api.previewMessage(this.draftId, this.#index);
      const known = this.contact?.id === message.contactId ? this.contact : null;
      const contact = known ?? (message.contactId && message.total > 0 ? await api.contact(message.contactId) : null);
      if (round !== this.#round) return;
      this.message = message;
      this.contact = contact;
      this.#index = message.index;
    } catch {
      // A text that cannot be rendered says so below the editor; the phone keeps the contact it has.
    }
  }
}

/** What a variable stands for; names of fields are compared without regard to case. */
export function valueOf(contact: Pick<ContactView, 'name' | 'phone' | 'email' | 'fields'>, name: string): string | undefined {
  if (name === 'name' || name === 'phone' || name === 'email') return contact[name];
  const wanted = name.toLowerCase();
  return contact.fields[name] ?? Object.entries(contact.fields).find(([known]) => known.toLowerCase() === wanted)?.[1];
}
