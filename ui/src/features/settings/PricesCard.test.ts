import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import PricesCard from './PricesCard.svelte';

const prices = { text: 1, image: 1, video: 1, document: 1, voice: 1, audio: 1, poll: 1 };

test('a price is kept at once, 0 too, and what is empty or too much stays as it was', async () => {
  const kept: unknown[] = [];
  render(PricesCard, { prices, onkeep: (change) => { kept.push(change.prices); } });
  const type = async (kind: string, value: string) => {
    const field = screen.getByTestId(`settings-price-${kind}`);
    await fireEvent.input(field, { target: { value } });
    await fireEvent.change(field);
  };
  await type('image', '3');
  await type('voice', '0');
  await type('text', '');
  await type('video', '1001');
  expect(kept).toEqual([{ ...prices, image: 3 }, { ...prices, image: 3, voice: 0 }, { ...prices, image: 3, voice: 0 }, { ...prices, image: 3, voice: 0 }]);
});
