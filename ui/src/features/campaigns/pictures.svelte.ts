// The large pictures of files, fetched once each when a phone wants to show them.
import type { MediaItem } from '../../api/client';
import { phonePicture } from './phone-picture';

export class Pictures {
  #known = $state.raw(new Map<string, string>());

  of(file: MediaItem): string | null {
    return this.#known.get(file.id) ?? file.thumbnail;
  }

  async need(ids: string[]): Promise<void> {
    for (const id of ids.filter((one) => !this.#known.has(one))) {
      const picture = await phonePicture(id);
      if (picture !== null) this.#known = new Map([...this.#known, [id, picture]]);
    }
  }
}
