import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePeriod, parseTimeUnits } from '../src/array/cf-time.js';
import { type JsonObject, type JsonValue, parseExactJson } from '../src/array/exact-json.js';
import { parseIndexSelectors, parseLabelSelectors } from '../src/array/selection-text.js';
import { parseBaseline } from '../src/bench/baseline.js';
import { parsePoint, parsePoints } from '../src/cli/array/series-points.js';
import { parseRequest } from '../src/cli/get/requests.js';
import { parsePartial } from '../src/compute/partial.js';
import { parseShard } from '../src/compute/shard.js';
import { parseHead } from '../src/engine/http/lean-head.js';
import { isLsioError } from '../src/errors.js';
import { parseFioJson } from '../src/fio/parse.js';
import { readIndex } from '../src/formats/grib/index-read.js';
import { parseMatch, parseNumbers, parseWhere } from '../src/formats/grib/select.js';
import { isReferences, parseReference, parseReferences } from '../src/formats/refs/references.js';
import { parseV2Array } from '../src/formats/zarr/v2-metadata.js';
import { parseV3 } from '../src/formats/zarr/v3-metadata.js';
import { cases } from '../src/long.testing.js';
import { byteTextOf } from '../src/paths/byte-text.js';
import { parseRangeText, splitPathRanges } from '../src/paths/range-text.js';
import { Random } from '../src/sim/random.js';
import { parseBlobs } from '../src/store/azure/azure.js';
import { parseLocator, shownAddress } from '../src/store/locator.js';
import { parseListing } from '../src/store/s3/listing.js';
import { parseIni } from '../src/store/s3/profile.js';
import { parseBytes, parseDurationNs } from '../src/units.js';
import { mutated, mutatedJson } from './helpers/mutate.js';
import { runLsio } from './helpers/run-lsio.js';

/*
 * Every parser of what comes from outside, on mutations of sound input: it gives something, or an error of ours, at once.
 * Any other exception is a bug, and would be a trace of the stack.
 */

/** Only a hang, or a regular expression that backtracks for ever, reaches it. */
const LIMIT_MS = 1000;
const CASES = cases(700, 40_000);

interface Parser {
  readonly name: string;
  readonly seeds: readonly string[];
  readonly parse: (text: string) => unknown;
  /** What the text is made of. */
  readonly json?: boolean;
  /** Another error that its caller expects. */
  readonly throws?: string;
}

const ZARR3 = {
  zarr_format: 3,
  node_type: 'array',
  shape: [100, 200],
  data_type: 'float32',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [10, 20] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs: [
    {
      name: 'sharding_indexed',
      configuration: {
        chunk_shape: [5, 10],
        codecs: [
          { name: 'transpose', configuration: { order: [1, 0] } },
          { name: 'bytes', configuration: { endian: 'little' } },
          { name: 'blosc', configuration: { cname: 'lz4', clevel: 5, shuffle: 'shuffle', typesize: 4, blocksize: 0 } },
        ],
        index_codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'crc32c' }],
        index_location: 'end',
      },
    },
  ],
  attributes: { scale_factor: 0.5 },
  dimension_names: ['y', null],
};
const ZARR2 = {
  zarr_format: 2,
  shape: [100],
  chunks: [10],
  dtype: '<f4',
  fill_value: 'NaN',
  order: 'C',
  filters: [{ id: 'delta', dtype: '<i4' }],
  compressor: { id: 'blosc', cname: 'zstd', clevel: 3, shuffle: 2, blocksize: 0 },
  dimension_separator: '.',
};
const KERCHUNK = {
  version: 1,
  templates: { u: 's3://bucket/file' },
  refs: { '.zgroup': '{"zarr_format":2}', 'x/0': ['{{u}}', 10, 20], 'x/1': 'base64:AAAA', 'x/2': ['file.nc'] },
};
const LISTING = `<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b
</NextContinuationToken><EncodingType>url</EncodingType><Contents><Key>a%2Fb</Key><Size>12</Size><ETag>"x"</ETag>
<LastModified>2024-01-01T00:00:00Z</LastModified></Contents><CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes></ListBucketResult>`;
const BLOBS = `<EnumerationResults><Blobs><Blob><Name>a/b</Name><Properties><Content-Length>12</Content-Length><Etag>0x1</Etag>
<Last-Modified>Mon, 01 Jan 2024 00:00:00 GMT</Last-Modified></Properties></Blob><BlobPrefix><Name>c/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>`;
const HEAD = `HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\nContent-Range: bytes 0-99/200\r\nETag: "a"\r\n\r\n`;

const json = (value: unknown) => JSON.stringify(value);
const FIO = readFileSync(path.resolve(import.meta.dirname, '../src/fio/parse.fixture.txt'), 'utf8');

function references(text: string): void {
  const value = parseExactJson(text);
  if (!isReferences(value)) return;
  const { entries, templates } = parseReferences('refs.json', value as JsonObject);
  for (const [key, entry] of Object.entries(entries)) parseReference(key, entry as JsonValue, templates);
}

const PARSERS: readonly Parser[] = [
  { name: 'a range', seeds: ['0-99', '5:+10', '-500', '7-', '0x10-20', '1KiB-2MiB'], parse: parseRangeText },
  { name: 'a path with ranges', seeds: ['a:0-9', 'a:0-9,20-29,-5', 'http://x/a:1-2', 'c:\\a'], parse: splitPathRanges },
  {
    name: 'a request line',
    seeds: ['{"path":"a"}', '{"path":"a","range":[0,9]}', '{"url":"s3://b/k","offset":5,"length":7,"id":3}'],
    parse: (text) => parseRequest(byteTextOf(text)),
    json: true,
  },
  { name: 'a size', seeds: ['4KiB', '1.5GB', '17'], parse: parseBytes },
  { name: 'a duration', seeds: ['1s', '250ms', '1.5min'], parse: parseDurationNs },
  {
    name: 'a URL',
    seeds: [
      's3://b/k%20x',
      'http://u:p@h:80/a?b#c',
      'abfs://c@a.dfs.core.windows.net/k',
      'az://a/c/k',
      'file:///etc/x',
    ],
    parse: (text) => [shownAddress(text), parseLocator(text)],
  },
  { name: "fio's JSON", seeds: [FIO], parse: parseFioJson },
  {
    name: "fio's JSON, by values",
    seeds: [FIO.slice(FIO.indexOf('{'), FIO.lastIndexOf('}') + 1)],
    parse: parseFioJson,
    json: true,
  },
  {
    name: 'a baseline',
    seeds: [
      json({
        schema: 'lsio.bench/1',
        cases: [{ workload: { name: 'a' }, cache: 'warm', queueDepth: 3, engine: 'uring', summary: { wallNs: 3 } }],
      }),
    ],
    parse: (text) =>
      parseBaseline({ name: 'b.json', text }, 'lsio.bench/1', {
        workloads: [],
        caches: ['warm'],
        queueDepths: [3],
        engines: ['uring'],
      }),
    json: true,
  },
  {
    name: 'a partial file',
    seeds: [json({ schema: 'lsio.partial/1', spec: {}, plan: 'x', leaves: 3, counts: [], nodes: [] })],
    parse: (text) => parsePartial('p', text),
    json: true,
  },
  { name: 'a shard', seeds: ['3/16', 'env/4'], parse: (text) => parseShard(text, { SLURM_ARRAY_TASK_ID: '3' }) },
  {
    name: 'zarr.json',
    seeds: [json(ZARR3)],
    parse: (text) => parseV3('a', parseExactJson(text)),
    json: true,
    throws: 'SyntaxError',
  },
  {
    name: '.zarray',
    seeds: [json(ZARR2)],
    parse: (text) => parseV2Array('a', parseExactJson(text), {}),
    json: true,
    throws: 'SyntaxError',
  },
  { name: 'references of kerchunk', seeds: [json(KERCHUNK)], parse: references, json: true, throws: 'SyntaxError' },
  {
    name: 'exact JSON',
    seeds: [json(ZARR3), '[18446744073709551615,-Infinity,NaN]'],
    parse: parseExactJson,
    throws: 'SyntaxError',
  },
  { name: 'index selectors', seeds: ['time=0:10:2', 'y=-1', 'x=3'], parse: (text) => parseIndexSelectors([text]) },
  {
    name: 'label selectors',
    seeds: ['time=2020-01-01:2020-02', 'lat=50.5:60', 'x=a'],
    parse: (text) => parseLabelSelectors([text]),
  },
  {
    name: 'time units',
    seeds: ['days since 1850-01-01', 'hours since 2000-01-01T12:30:00.5+01:00'],
    parse: (text) => parseTimeUnits(text, 'noleap'),
  },
  { name: 'a period', seeds: ['2020', '2020-02', '2020-02-30T12:00'], parse: (text) => parsePeriod('360_day', text) },
  { name: 'a point', seeds: ['lat=50.5,lon=-3', 'y=1,x=2'], parse: parsePoint },
  {
    name: 'a file of points',
    seeds: ['name,lat,lon\na,50,3\nb,51,4', 'lat\tlon\n1\t2'],
    parse: (text) => parsePoints('p.csv', text),
  },
  {
    name: 'an index of GRIB',
    seeds: [
      '1:0:d=2024010100:TMP:surface:anl:\n2:500:d=2024010100:UGRD:10 m:anl:',
      '{"_offset":0,"_length":99,"param":"t"}',
    ],
    parse: (text) => readIndex(Buffer.from(text), 1000),
  },
  { name: 'a condition on fields', seeds: ['shortName=t,u', 'level>=500', 'step!=3'], parse: parseWhere },
  { name: 'a pattern of fields', seeds: ['^TMP:.*(surface|2 m)'], parse: parseMatch },
  { name: 'numbers of fields', seeds: ['1,3-5,7.2'], parse: parseNumbers },
  {
    name: 'the head of an answer',
    seeds: [HEAD],
    parse: (text) => parseHead(Buffer.from(text, 'latin1'), false),
    throws: 'DialectError',
  },
  { name: 'a listing of S3', seeds: [LISTING], parse: parseListing },
  { name: 'a listing of Azure', seeds: [BLOBS], parse: parseBlobs },
  { name: 'a profile of AWS', seeds: ['[default]\naws_access_key_id = a\n[profile x]\nregion=b ; c'], parse: parseIni },
];

describe('parsers', () => {
  test.each(PARSERS)(
    '$name: a value or an error of ours, at once',
    ({ seeds, parse, json: isJson = false, throws }) => {
      // The seeds themselves are sound, or refused for a reason.
      for (let number = 1; number <= CASES; number++) {
        const random = new Random(number * 2_654_435);
        const seed = random.pick(seeds);
        const byValue = isJson && random.chance(0.6);
        const text = byValue ? JSON.stringify(mutatedJson(random, JSON.parse(seed))) : mutated(random, seed);
        const beganMs = performance.now();
        try {
          parse(text);
        } catch (error) {
          const known =
            isLsioError(error) || (error as Error).name === throws || (error as Error).constructor.name === throws;
          if (!known) throw new Error(`case ${number}, ${JSON.stringify(text.slice(0, 2000))}`, { cause: error });
        }
        expect(performance.now() - beganMs, `case ${number}: ${text.slice(0, 500)}`).toBeLessThan(LIMIT_MS);
      }
    },
  );
});

/** Sound command lines; some of their words are mutated. None of them needs anything that is there. */
const COMMANDS = [
  ['get', '--range', '0-99', '/nowhere', '--discard'],
  ['get', '--requests', '/nowhere', '--tar'],
  ['get', '-o', '/nowhere/x', '--queue-depth', '8', '--rings', '2', '--max-read', '1MiB', 'a:0-9'],
  ['bench', '/nowhere', '--runs', '2', '--cache', 'warm', '--queue-depth', '8,16', '--engine', 'uring'],
  ['info', '/nowhere', '--json'],
  ['read', '/nowhere', 'x', '--isel', 'time=0:3', '--sel', 'lat=50', '-o', '-'],
  ['stats', '/nowhere', '--stat', 'mean,max', '--over', 'time', '--shard', '1/4'],
  ['series', '/nowhere', '--at', 'lat=1,lon=2'],
  ['grib', 'ls', '/nowhere', '--where', 'level=500'],
  ['refs', '/nowhere'],
];

test('the program, on mutated command lines: exit code 0, 1, 2 or 3 and a word why', () => {
  for (let number = 1; number <= cases(12, 400); number++) {
    const random = new Random(number * 7_919);
    const args = random.pick(COMMANDS).map((word) => (random.chance(0.35) ? mutated(random, word) : word));
    const usable = args.map((word) => word.replaceAll('\0', ''));
    const { status, stderr } = runLsio(usable, { input: '', env: { TERM: 'dumb' }, limitMs: 20_000 });
    const what = `case ${number}: ${JSON.stringify(usable)}, exit ${status}: ${stderr.slice(0, 2000)}`;
    expect([0, 1, 2, 3], what).toContain(status);
    expect(stderr, what).not.toMatch(/\n\s+at .*:\d+:\d+|FATAL|unexpected error|broken invariant/);
    // Escapes of a terminal are shown, not sent.
    expect(stderr.includes('\u001b[31m'), what).toBe(false);
  }
});
