import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import { api, type Review } from '../../api/client';
import type { Composer } from './composer.svelte';
import WhoIsThere from './WhoIsThere.svelte';

const review = (change: Partial<Review>) => ({ unknown: 0, absent: 0, canLookUp: true, ...change }) as Review;

test('the look-up goes on from where it was until all are known, and then the review is read again', async () => {
  const rounds = [{ looked: 40, next: 'a' }, { looked: 40, next: 'b' }, { looked: 3, next: null }];
  const ask = vi.spyOn(api, 'lookUpAudience').mockImplementation(() => Promise.resolve(rounds.shift() ?? { looked: 0, next: null }));
  const refresh = vi.fn(() => Promise.resolve());
  render(WhoIsThere, { composer: { id: 'c', refresh } as unknown as Composer, review: review({ unknown: 83 }) });
  await fireEvent.click(screen.getByTestId('look-up'));
  await waitFor(() => { expect(refresh).toHaveBeenCalledOnce(); });
  expect(ask.mock.calls).toEqual([['c', null], ['c', 'a'], ['c', 'b']]);
});

test('without a connected number the button says why it cannot be pressed, and who is not there is told', () => {
  const composer = { id: 'c', refresh: vi.fn() } as unknown as Composer;
  render(WhoIsThere, { composer, review: review({ unknown: 2, absent: 12, canLookUp: false }) });
  expect(screen.getByTestId('look-up')).toBeDisabled();
  expect(screen.getByTestId('look-up')).toHaveAccessibleDescription(/connected/);
  expect(screen.getByTestId('review-absent')).toHaveTextContent('12 people are not on WhatsApp');
});
