import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, startServer } from '../scripts/objects/server.js';
import { gribTwo, simple } from '../src/formats/grib/write.testing.js';
import { nativeFile } from '../src/formats/nat/write.testing.js';
import { AZURITE, putBucket, putContainer, s3Server } from './helpers/put-objects.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const FIXTURES = path.resolve(import.meta.dirname, '../../shared/fixtures');
const GRIB = path.join(FIXTURES, 'grib/CMC_glb_TMP_ISBL_1_latlon.24x.24_2021051800_P000.grib2');
const ZARR = path.join(FIXTURES, 'zarr/v2v3/v3/data.zarr');
const SHARDED = '3d.chunked.mixed.compressed.sharded.i2';
const BUCKET = 'lsio-sources';

/** A source below the directory, and what is read of it. */
interface Source {
  readonly name: string;
  readonly array?: string;
  /** A file of it, for `get`. */
  readonly file: string;
}

/** Zarr: int32 in chunks of 30 x 40, the last of them cut by the end. */
function makeZarr(at: string): void {
  const [rows, columns] = [100, 130];
  const metadata = {
    ...{ zarr_format: 3, node_type: 'array', shape: [rows, columns], data_type: 'int32', fill_value: 0 },
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [30, 40] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    dimension_names: ['y', 'x'],
  };
  for (let y = 0; y < rows; y += 30) {
    mkdirSync(path.join(at, `c/${y / 30}`), { recursive: true });
    for (let x = 0; x < columns; x += 40) {
      const values = Int32Array.from({ length: 1200 }, (_, i) => (y + Math.floor(i / 40)) * 1000 + x + (i % 40));
      writeFileSync(path.join(at, `c/${y / 30}/${x / 40}`), new Uint8Array(values.buffer));
    }
  }
  writeFileSync(path.join(at, 'zarr.json'), JSON.stringify(metadata));
}

function makeSources(directory: string): Source[] {
  makeZarr(path.join(directory, 'made.zarr'));
  const values = Array.from({ length: 40 * 30 }, (_, i) => (i * 7) % 1021);
  writeFileSync(
    path.join(directory, 'made.grib2'),
    gribTwo({ packed: simple(values, 13), columns: 40, rows: 30, category: 0, parameter: 0 }),
  );
  const count = (band: number, line: number, column: number) => (band * 97 + line * 31 + column * 7) % 1021;
  writeFileSync(
    path.join(directory, 'made.nat'),
    nativeFile({ count, south: 1601, north: 1640, east: 1601, west: 1680 }),
  );
  const sources: Source[] = [
    { name: 'made.zarr', file: 'made.zarr/c/1/2' },
    { name: 'made.grib2', file: 'made.grib2' },
    { name: 'made.nat', array: 'IR_108', file: 'made.nat' },
  ];
  if (existsSync(ZARR)) {
    cpSync(path.join(ZARR, SHARDED), path.join(directory, 'real.zarr'), { recursive: true });
    sources.push({ name: 'real.zarr', file: 'real.zarr/zarr.json' });
  }
  if (existsSync(GRIB)) {
    cpSync(GRIB, path.join(directory, 'real.grib2'));
    sources.push({ name: 'real.grib2', file: 'real.grib2' });
  }
  return sources;
}

/** What commands give of a source, but for where it lies and how long that took. */
function allOf(
  { name, array, file }: Source,
  root: string,
  output: string,
  env: Record<string, string>,
  more: readonly string[],
) {
  const run = (args: readonly string[]) => {
    const done = runLsio([...args, ...more], { env });
    expect({ args, status: done.status, stderr: done.stderr }).toMatchObject({ args, status: 0 });
    return done;
  };
  const chosen = array === undefined ? [] : ['-a', array];
  const { arrays, attributes, format } = documentOf(run(['info', root + name, '--json']));
  const { results, chunks } = documentOf(run(['stats', root + name, ...chosen, '--json']));
  run(['read', root + name, ...chosen, '-o', output, '--overwrite']);
  const got = run(['get', root + file]).stdout;
  return { info: { arrays, attributes, format }, stats: { results, chunks }, got, values: readFileSync(output) };
}

const swift = s3Server(process.env.LSIO_TEST_S3);
const azure = process.env.LSIO_TEST_AZURE ?? '';
const BARE = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CA_BUNDLE: '', SSL_CERT_FILE: '' };

describe('a Zarr store, GRIB and native files give what they give from disk', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-sources-'));
  const www = path.join(directory, 'www');
  mkdirSync(www);
  const sources = makeSources(www);
  const output = path.join(directory, 'out.npy');
  const onDisk = new Map<string, ReturnType<typeof allOf>>();
  const noNginx = missing();
  let server: Awaited<ReturnType<typeof startServer>> | undefined;
  beforeAll(async () => {
    if (noNginx === undefined) server = await startServer(directory);
    if (swift !== undefined) await putBucket(swift, BUCKET, www);
    if (azure !== '') await putContainer(azure, BUCKET, www);
  });
  afterAll(() => {
    server?.stop();
    rmSync(directory, { recursive: true });
  });

  function compare(source: Source, root: string, env: Record<string, string>, more: readonly string[] = []): void {
    const known = onDisk.get(source.name) ?? allOf(source, `${www}/`, output, {}, []);
    onDisk.set(source.name, known);
    expect(known.values.length).toBeGreaterThan(128);
    const { info, stats, got, values } = allOf(source, root, output, { ...BARE, ...env }, more);
    expect({ info, stats }).toEqual({ info: known.info, stats: known.stats });
    expect(Buffer.compare(got, readFileSync(path.join(www, source.file)))).toBe(0);
    expect(Buffer.compare(values, known.values)).toBe(0);
  }

  describe.skipIf(noNginx !== undefined)(`through nginx${noNginx === undefined ? '' : `: ${noNginx}`}`, () => {
    test.each(sources)('$name', (source) => compare(source, server!.fast, {}));
  });

  describe.skipIf(swift === undefined)(
    `through S3${swift === undefined ? ': LSIO_TEST_S3 names no server' : ''}`,
    () => {
      const env = { AWS_ACCESS_KEY_ID: swift?.accessKeyId ?? '', AWS_SECRET_ACCESS_KEY: swift?.secretAccessKey ?? '' };
      const more = ['--endpoint', swift?.endpoint ?? ''];
      test.each(sources)('$name', (source) => compare(source, `s3://${BUCKET}/`, env, more));

      test('a wrong key is denied by name, with exit code 1, and not shown', () => {
        const wrong = { ...BARE, ...env, AWS_SECRET_ACCESS_KEY: 'planted-secret' };
        for (const command of [['get', '--discard'], ['info'], ['stats'], ['read', '-o', output, '--overwrite']]) {
          const { status, stderr, stdout } = runLsio([...command, `s3://${BUCKET}/made.grib2`, ...more], {
            env: wrong,
          });
          expect({ command, status }).toEqual({ command, status: 1 });
          expect(stderr).toMatch(
            /made\.grib2\/?: access denied \(403 SignatureDoesNotMatch, signed as test…er from the environment\)/,
          );
          expect(`${stdout}${stderr}`).not.toMatch(/planted-secret|Signature=/);
        }
      });
    },
  );

  describe.skipIf(azure === '')(`through Azure${azure === '' ? ': LSIO_TEST_AZURE names no server' : ''}`, () => {
    const env = { AZURE_STORAGE_ACCOUNT: AZURITE.account, AZURE_STORAGE_KEY: AZURITE.key };
    test.each(sources)('$name', (source) =>
      compare(source, `az://${AZURITE.account}/${BUCKET}/`, env, ['--endpoint', azure]),
    );
  });
});
