import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Chunks that the reference implementation encoded, with what they decode to: numcodecs' own fixtures. */
export const FIXTURES = '../shared/fixtures/codecs';
export const hasFixtures = existsSync(FIXTURES);
if (!hasFixtures) process.stderr.write(`skipped: no numcodecs fixtures in ${FIXTURES}\n`);

export interface Fixture {
  readonly name: string;
  readonly codec: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly encoded: Uint8Array;
  /** The file with the array that was encoded. */
  readonly npy: string;
}

/** All fixtures of a folder, such as `blosc` or `delta/int32`. */
export function fixturesOf(folder: string): Fixture[] {
  const root = join(FIXTURES, folder);
  const codecs = readdirSync(root).filter((name) => name.startsWith('codec.'));
  return codecs.flatMap((codec) => {
    const { id, ...configuration } = JSON.parse(readFileSync(join(root, codec, 'config.json'), 'utf8'));
    return readdirSync(join(root, codec))
      .filter((name) => name.startsWith('encoded.'))
      .map((file) => ({
        name: `${folder}/${codec}/${file}`,
        codec: id,
        configuration,
        encoded: readFileSync(join(root, codec, file)),
        npy: join(root, `array.${file.split('.')[1]}.npy`),
      }));
  });
}

/** Folders with fixtures, such as `blosc` and `delta/int32`. */
export function fixtureFolders(): string[] {
  const folders = readdirSync(FIXTURES).filter((name) => statSync(join(FIXTURES, name)).isDirectory());
  return folders.flatMap((name) => {
    const inner = readdirSync(join(FIXTURES, name));
    return inner.some((entry) => entry.endsWith('.npy')) ? [name] : inner.map((entry) => `${name}/${entry}`);
  });
}

/** The elements of a `.npy` file in the order in which they lie in memory. */
export function npyBytes(path: string): Uint8Array {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = file[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  return file.subarray(start);
}
