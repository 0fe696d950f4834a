/** What ends in an ellipsis says the whole of itself under the pointer, wherever it stands. */
export function tellWhole(event: Event): void {
  let at = event.target instanceof Element ? event.target : null;
  for (; at instanceof HTMLElement; at = at.parentElement) {
    if (at.title !== '') return;
    if (at.scrollWidth > at.clientWidth && getComputedStyle(at).textOverflow === 'ellipsis') {
      at.title = at.innerText.trim();
      // Rows are used again for other people, so the words leave with the pointer.
      at.addEventListener('pointerleave', ({ currentTarget }) => (currentTarget as HTMLElement).removeAttribute('title'), { once: true });
      return;
    }
  }
}
