import { crc32c } from '../../codec/crc.js';
import { LsioError } from '../../errors.js';
import type { Extent } from '../../range.js';
import type { ShardLevel } from './shard-layout.js';

/** Offset and length of a chunk that is not stored. */
const ABSENT = 2n ** 64n - 1n;
const CRC_BYTES = 4;

/**
 * Where a shard's index lies in it.
 *
 * @param shard names it in errors.
 * @param shardBytes its size, from where it is stored.
 * @throws {LsioError} `format` for a shard that can't hold one.
 */
export function indexExtent(shard: string, { indexAt, indexBytes }: ShardLevel, shardBytes: number): Extent {
  if (shardBytes < indexBytes) {
    const what = `a shard of ${shardBytes} bytes cannot hold its index of ${indexBytes}`;
    throw new LsioError('format', `${shard}: ${what}`, { path: shard });
  }
  return { offset: indexAt === 'start' ? 0 : shardBytes - indexBytes, length: indexBytes };
}

/** The index of one shard: its checksum was verified, and each entry is checked when it is asked for. */
export class ShardIndex {
  readonly #shard: string;
  readonly #level: ShardLevel;
  readonly #entries: DataView;
  readonly #shardBytes: number;

  /**
   * @param bytes the index as it is stored.
   * @throws {LsioError} `format` for another length, or a wrong checksum.
   */
  constructor(shard: string, level: ShardLevel, bytes: Uint8Array, shardBytes: number, verify: boolean) {
    this.#shard = shard;
    this.#level = level;
    this.#shardBytes = shardBytes;
    if (bytes.length !== level.indexBytes) {
      throw this.#error(`its index: found ${bytes.length} bytes, expected ${level.indexBytes}`);
    }
    // A copy: what was read may be lent.
    const copy = Uint8Array.from(bytes);
    this.#entries = new DataView(copy.buffer);
    if (!level.indexHasCrc || !verify) return;
    const at = copy.length - CRC_BYTES;
    const stored = this.#entries.getUint32(at, true);
    const computed = crc32c(copy.subarray(0, at));
    if (stored === computed) return;
    throw this.#error(`the checksum of its index is wrong: stored ${hex(stored)}, computed ${hex(computed)}`);
  }

  get byteLength(): number {
    return this.#entries.byteLength;
  }

  /**
   * Where an inner chunk lies in the shard; undefined if it is not stored.
   *
   * @throws {LsioError} `format` for an entry that leads out of the shard, or into its index.
   */
  entry(inner: number): Extent | undefined {
    const { indexIsBigEndian, indexAt, indexBytes } = this.#level;
    const offset = this.#entries.getBigUint64(inner * 16, !indexIsBigEndian);
    const length = this.#entries.getBigUint64(inner * 16 + 8, !indexIsBigEndian);
    if (offset === ABSENT && length === ABSENT) return undefined;
    const first = indexAt === 'start' ? BigInt(indexBytes) : 0n;
    const end = BigInt(this.#shardBytes) - (indexAt === 'start' ? 0n : BigInt(indexBytes));
    if (offset >= first && offset + length <= end) return { offset: Number(offset), length: Number(length) };
    const where = `offset ${offset} and length ${length}`;
    const room = `the chunks of this shard of ${this.#shardBytes} bytes lie between ${first} and ${end}`;
    throw this.#error(`inner chunk ${inner} has ${where}; ${room}`);
  }

  #error(what: string): LsioError {
    return new LsioError('format', `${this.#shard}: ${what}`, { path: this.#shard });
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
