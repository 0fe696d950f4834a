// The answer to a question that is asked again and again: the last good one stays on screen until a newer one is
// here, and an answer to an older question is dropped.
export class Answer<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  #round = 0;

  async ask(question: () => Promise<T>): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    try {
      const value = await question();
      if (round !== this.#round) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (round === this.#round) this.error = error;
    }
  }
}
