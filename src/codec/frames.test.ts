import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FRAMES, frameDecoder, isDecodable } from './frames.testing.js';

describe.each(['native', 'wasm'] as const)('chunks of the reference implementation, decoded by %s', (choice) => {
  test.each(FRAMES.filter((frame) => isDecodable(frame, choice)))('$name', async (frame) => {
    const decoder = await frameDecoder(frame, choice);
    expect(['none', choice, 'wasm']).toContain(decoder.decoder);
    if (frame.items === undefined) {
      // At an odd address, with a byte on both sides that must stay as it is.
      const memory = new Uint8Array(frame.bytes! + 2).fill(0xee);
      const target = memory.subarray(1, 1 + frame.bytes!);
      const source = new Uint8Array(frame.encoded.length + 1).subarray(1);
      source.set(frame.encoded);
      decoder.decode(source, target);
      expect(createHash('sha256').update(target).digest('hex')).toBe(frame.sha256);
      expect([memory[0], memory.at(-1)]).toEqual([0xee, 0xee]);
      expect(Buffer.compare(source, frame.encoded)).toBe(0);
    } else {
      const items = decoder.decodeItems(frame.encoded).map((item) => Buffer.from(item as string).toString('base64'));
      expect(items).toEqual(frame.items);
    }
  });
});
