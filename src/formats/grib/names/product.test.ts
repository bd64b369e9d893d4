import { expect, test } from 'vitest';
import { Product } from './product.js';
import { timeText } from './time-text.js';

test('a section that is cut off within a list has nothing behind the list', () => {
  // A satellite product has a list of bands; each of its statistics lies behind it.
  for (let length = 10; length < 90; length++) {
    const section = Uint8Array.from({ length }, (_, at) => (at < 4 ? 0 : 1 + (at % 7)));
    for (let template = 0; template < 130; template++) {
      section.set([0, template], 7);
      const product = new Product(section);
      const at = product.offsetOf('numberOfTimeRange');
      if (at === undefined || !(at < length)) expect(product.get('numberOfTimeRange')).toBeUndefined();
      expect(typeof timeText(product, section, false)).toBe('string');
    }
  }
});
