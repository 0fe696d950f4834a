// What a form asks the core for: busy until the answer, and with what it was refused.
export class Attempt {
  busy = $state(false);
  refused = $state.raw<unknown>(null);

  /** One at a time: a second press while the first is on its way does nothing. */
  async run(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refused = null;
    try {
      await act();
    } catch (error) {
      this.refused = error;
    } finally {
      this.busy = false;
    }
  }
}
