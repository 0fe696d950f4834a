// Short news: one line, at most one action, gone after six seconds unless the pointer or the focus is on it.
// Never for an error that needs a decision.
export type Toast = { id: number; text: string; kind: 'ok' | 'warn'; action?: { label: string; run: () => void } };

class Toasts {
  shown = $state<Toast[]>([]);
}
export const toasts = new Toasts();

let last = 0;

export function toast(text: string, options: { kind?: Toast['kind']; action?: Toast['action'] } = {}): void {
  last += 1;
  toasts.shown = [...toasts.shown.slice(-2), { id: last, text, kind: options.kind ?? 'ok', action: options.action }];
}

export function dismiss(id: number): void {
  toasts.shown = toasts.shown.filter((one) => one.id !== id);
}
