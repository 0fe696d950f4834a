// The triggers of the page: which there are, the one that is open, and what came last.
import { api, type TemplateRow, type TriedTrigger, type TriggerBinding, type TriggerEventRow, type TriggerFolder, type TriggersView, type FolderBrings } from '../../api/client';
import { latest } from '../../lib/latest';

/** The trigger that is being looked at; without an id it is not saved yet. */
export type Open = { id: string | null; name: string; active: boolean; binding: TriggerBinding };

export class Triggers {
  view = $state.raw<TriggersView | null>(null);
  templates = $state.raw<TemplateRow[]>([]);
  events = $state.raw<TriggerEventRow[]>([]);
  /** Of this trigger alone. */
  eventsOf = $state<string | null>(null);
  /** Only those by which somebody got nothing for an error. */
  refusedOnly = $state(false);
  /** The place of the next page of events. */
  next = $state.raw<string | null>(null);
  open = $state.raw<Open | null>(null);
  payload = $state('');
  tried = $state.raw<TriedTrigger | null>(null);
  /** Why what stands in the field of the event cannot be read. */
  unreadable = $state.raw<unknown>(null);
  failed = $state.raw<unknown>(null);
  /** Why what was chosen last is not saved. */
  refused = $state.raw<unknown>(null);

  load = async (): Promise<void> => {
    try {
      [this.view, this.templates] = await Promise.all([api.triggers(), api.templates()]);
      await this.readEvents(this.events.length);
      const first = this.view.triggers[0];
      if (this.open === null && first) await this.show(first.id);
      this.failed = null;
    } catch (error) {
      this.failed = error;
    }
  };

  /** The newest events, and so many of them at least where there are. */
  readEvents = async (atLeast = 0): Promise<void> => {
    const [of, refused] = [this.eventsOf, this.refusedOnly];
    const rows: TriggerEventRow[] = [];
    let next: string | null = null;
    do {
      const page = await api.triggerEvents(of, refused, next);
      rows.push(...page.rows);
      next = page.next;
    } while (next !== null && rows.length < atLeast);
    // Something else may have been asked for meanwhile.
    if (of === this.eventsOf && refused === this.refusedOnly) [this.events, this.next] = [rows, next];
  };

  more = (): Promise<void> => this.readEvents(this.events.length + 1);

  async filter(change: { of?: string | null; refused?: boolean }): Promise<void> {
    if (change.of !== undefined) this.eventsOf = change.of;
    if (change.refused !== undefined) this.refusedOnly = change.refused;
    try {
      await this.readEvents();
    } catch (error) {
      this.failed = error;
    }
  }

  /** Opens a trigger with what it was told last, or with a usual event. */
  async show(id: string): Promise<void> {
    const trigger = this.view?.triggers.find((one) => one.id === id);
    if (!trigger) return;
    const last = (await api.triggerEvents(id, false, null)).rows.find((row) => row.payload !== null)?.payload;
    this.open = { id, name: trigger.name, active: trigger.active, binding: trigger.binding };
    this.payload = last ?? (await api.firstTrigger(trigger.name)).payload;
    await this.look();
  }

  /** Begins one of this name: as a draft that is switched off, so that nothing is sent before its owner says so. */
  async begin(name: string): Promise<void> {
    const first = await api.firstTrigger(name);
    const saved = await api.saveTrigger({ id: null, name, active: false, binding: first.binding });
    this.view = await api.triggers();
    await this.show(saved.id);
    this.payload = first.payload;
    await this.look();
  }

  /** What would become of the event in the field, by the trigger as it is on the screen. */
  look = latest(async () => {
    if (!this.open) return;
    try {
      this.tried = await api.tryTrigger(this.open.binding, this.payload);
      this.unreadable = null;
    } catch (error) {
      this.tried = null;
      this.unreadable = error;
    }
  });

  /** Every choice is saved at once, one after the other and each with those before it. */
  keep(change: Partial<Omit<Open, 'id'>>): void {
    if (!this.open) return;
    this.open = { ...this.open, ...change };
    void this.#save();
  }

  #save = latest(async () => {
    const wanted = this.open;
    if (!wanted) return;
    try {
      await api.saveTrigger(wanted);
      this.refused = null;
    } catch (error) {
      this.refused = error;
      // It is as the core has it, unless something else was chosen meanwhile.
      this.view = await api.triggers();
      const stored = this.view.triggers.find((one) => one.id === wanted.id);
      if (stored && this.open === wanted) this.open = { id: stored.id, name: stored.name, active: stored.active, binding: stored.binding };
    }
    await this.look();
  });

  bind(change: Partial<TriggerBinding>): void {
    if (this.open) this.keep({ binding: { ...this.open.binding, ...change } });
  }

  /** The folder that the open trigger looks into. */
  get folder(): TriggerFolder | null {
    return this.view?.folders.find((one) => one.triggerId === this.open?.id) ?? null;
  }

  async watch(path: string | null, brings: FolderBrings): Promise<void> {
    if (this.open?.id) this.view = await api.watchFolder(this.open.id, path, brings);
  }

  async remove(): Promise<void> {
    if (!this.open?.id) return;
    await api.deleteTrigger(this.open.id);
    if (this.eventsOf === this.open.id) this.eventsOf = null;
    this.open = null;
    this.tried = null;
    await this.load();
  }
}
