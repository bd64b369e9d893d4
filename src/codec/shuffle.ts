import { type Codec, checkLength } from './codec.js';
import { makeWorkspace } from './workspace.js';

const workspace = makeWorkspace();

/** Elements that are put in order at once, in bytes: source and target stay in a core's cache. */
const STRIP_BYTES = 64 * 1024;
const ELEMENT_BYTES_MAX = 2 ** 20;

/**
 * The byte shuffle of HDF5 and numcodecs: byte k of every element lies together. Bytes after the last whole element stay
 * where they are.
 */
export function shuffleCodec(name: string, elementBytes: number): Codec {
  return {
    name,
    decode(source, target) {
      checkLength(name, 'shuffled data', source.length, target.length);
      if (elementBytes <= 1) target.set(source);
      else unshuffle(source, target, elementBytes);
    },
  };
}

function unshuffle(source: Uint8Array, target: Uint8Array, elementBytes: number): void {
  const elements = Math.floor(source.length / elementBytes);
  const stripElements = Math.max(Math.floor(STRIP_BYTES / elementBytes), 1);
  const stripBytes = stripElements * elementBytes;
  const { kernels, bytes } = workspace(2 * stripBytes);
  for (let first = 0; first < elements; first += stripElements) {
    const count = Math.min(stripElements, elements - first);
    for (let byte = 0; byte < elementBytes; byte++) {
      const plane = byte * elements + first;
      bytes.set(source.subarray(plane, plane + count), byte * count);
    }
    kernels.unshuffle(stripBytes, 0, count, elementBytes);
    target.set(bytes.subarray(stripBytes, stripBytes + count * elementBytes), first * elementBytes);
  }
  const rest = elements * elementBytes;
  target.set(source.subarray(rest), rest);
}

/** How the bytes of a blosc block were reordered. */
export type BlockFilter = 'none' | 'shuffle' | 'bitshuffle';

/**
 * Gets a block by `fill` and puts its bytes in order.
 *
 * @param fill writes the block as it is stored.
 */
export function unshuffleBlock(
  target: Uint8Array,
  filter: BlockFilter,
  elementBytes: number,
  fill: (stored: Uint8Array) => void,
): void {
  const length = target.length;
  const elements = Math.floor(length / elementBytes);
  // Blosc leaves a block as it is where bitshuffle can't work on whole bytes of bits.
  if (filter === 'none' || elements === 0 || (filter === 'bitshuffle' && elements % 8 !== 0)) {
    fill(target);
    return;
  }
  const { kernels, bytes } = workspace((filter === 'shuffle' ? 2 : 3) * length);
  fill(bytes.subarray(0, length));
  if (filter === 'shuffle') kernels.unshuffle(length, 0, elements, elementBytes);
  else kernels.bitUnshuffle(length, 0, 2 * length, elements, elementBytes);
  const whole = elements * elementBytes;
  target.set(bytes.subarray(length, length + whole));
  if (whole < length) target.set(bytes.subarray(whole, length), whole);
}

/** The element size of a shuffle filter's configuration, or text that says what is not understood. */
export function elementBytesOf(value: unknown): number | string {
  const bytes = value ?? 4;
  const isSize = typeof bytes === 'number' && Number.isInteger(bytes) && bytes >= 0 && bytes <= ELEMENT_BYTES_MAX;
  return isSize ? bytes : `elementsize ${JSON.stringify(value)} is no size of an element`;
}
