import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { OwnedMemory } from './owned.js';

test('take() gives memory that nobody else has, fit for arrays of any type', () => {
  const memory = new OwnedMemory();
  const lengths = [0, 1, 7, 8, 4096, 16 * 1024, 16 * 1024 + 1, 100_000, 3, 64 * 1024];
  const taken = Array.from({ length: 200 }, (_, index) => memory.take(lengths[index % lengths.length]!));
  for (const [index, bytes] of taken.entries()) {
    expect(bytes).toHaveLength(lengths[index % lengths.length]!);
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.byteOffset % 8).toBe(0);
    bytes.fill(index);
  }
  for (const [index, bytes] of taken.entries()) expect(bytes.every((byte) => byte === index)).toBe(true);
});

test('copy() of one value outlives the transfer of another to a thread', () => {
  const memory = new OwnedMemory();
  const [one, other] = [memory.copy(Uint8Array.of(1, 2, 3)), memory.copy(Uint8Array.of(4, 5))];
  expect(other.buffer).toBe(one.buffer);
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(one, [one.buffer as ArrayBuffer]);
  } catch {
    // Newer Nodes refuse; older ones clone.
  }
  port1.close();
  port2.close();
  expect([...other]).toEqual([4, 5]);
});
