import { readFileSync } from 'node:fs';
import { plainDType } from '../array/dtype.js';
import { type ChunkDecoder, openChunkDecoder } from './chunk-decoder.js';
import type { DecoderChoice } from './codec.js';
import { loadLibraries } from './libraries.js';

/** A chunk that the reference implementation encoded: `scripts/make-codec-frames`. */
export interface Frame {
  readonly name: string;
  readonly codecs: readonly { readonly id: string; readonly [field: string]: unknown }[];
  readonly encoded: Uint8Array;
  /** Of what it decodes to; absent where that has no fixed length. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** In base64. */
  readonly items?: readonly string[];
}

export const FRAMES: readonly Frame[] = readFileSync(new URL('./frames.fixture.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const { encoded, ...frame } = JSON.parse(line);
    return { ...frame, encoded: Buffer.from(encoded, 'base64') };
  });

/** Whether a choice of decoders can decode it: nothing but libbz2 and liblzma decodes theirs. */
export function isDecodable({ codecs }: Frame, choice: DecoderChoice): boolean {
  return choice !== 'wasm' || codecs.every(({ id }) => id !== 'bz2' && id !== 'lzma');
}

export async function frameDecoder(frame: Frame, choice: DecoderChoice): Promise<ChunkDecoder> {
  const filters = frame.codecs.map(({ id, ...configuration }) => ({ name: `numcodecs.${id}`, configuration }));
  const libraries = await loadLibraries(choice);
  if (frame.items !== undefined) {
    const dtype = plainDType(frame.codecs[0]!.id === 'vlen-bytes' ? 'bytes' : 'string');
    return openChunkDecoder({ codecs: filters, dtype, shape: [frame.items.length] }, libraries);
  }
  const codecs = [{ name: 'bytes', configuration: {} }, ...filters];
  return openChunkDecoder({ codecs, dtype: plainDType('uint8'), shape: [frame.bytes!] }, libraries);
}
