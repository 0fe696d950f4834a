// The owner's numbers as the menu, Home, the schedule and their own screen know them: read at the start, and again
// when the core says that one of them changed.
import { api, type NumberView } from '../api/client';
import { keepFresh } from './fresh';

class Numbers {
  /** By place, the practice number last; null until they are read for the first time. */
  list = $state.raw<NumberView[] | null>(null);
  error = $state.raw<unknown>(null);
}
export const numbers = new Numbers();

/** Starts following; returns the way to stop. */
export function followNumbers(): () => void {
  return keepFresh(['numbersChanged', 'settingsChanged'], readNumbers);
}

export async function readNumbers(): Promise<void> {
  try {
    numbers.list = inOrder(await api.numbers());
    numbers.error = null;
  } catch (error) {
    numbers.error = error;
  }
}

function inOrder(list: NumberView[]): NumberView[] {
  return [...list].sort((a, b) => Number(a.kind === 'practice') - Number(b.kind === 'practice') || a.priority - b.priority);
}
