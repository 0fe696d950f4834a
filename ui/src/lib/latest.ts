// For what is asked again with every key: at once, never twice at a time, and once more when something was asked for
// in between. So a fast answer waits for nothing, and a slow one is never asked for in a queue.
export function latest(ask: () => Promise<void>): () => Promise<void> {
  let busy = false;
  let again = false;

  return async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      do {
        again = false;
        await ask();
      } while (again);
    } finally {
      busy = false;
    }
  };
}
