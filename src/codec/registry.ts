import {
  resolveAsType,
  resolveBytes,
  resolveCast,
  resolveCastValue,
  resolveDelta,
  resolveFixedScaleOffset,
  resolveNumcodecsPackBits,
  resolvePackBits,
  resolveScaleOffset,
  resolveTranspose,
  resolveUnchanged,
} from './array-codecs.js';
import {
  resolveBase64,
  resolveBlosc,
  resolveBz2,
  resolveChecksum,
  resolveGzip,
  resolveLz4,
  resolveLzma,
  resolveShuffle,
  resolveZlib,
  resolveZstd,
} from './byte-codecs.js';
import type { CodecSpec, Content, Resolve, Step } from './step.js';
import { type ItemCodec, json2, vlenBytes, vlenUtf8 } from './variable.js';

const NUMCODECS = 'numcodecs.';

/** Codecs that work on bytes: numcodecs has all of them, Zarr v3 some. */
const BYTE_CODECS: Readonly<Record<string, Resolve>> = {
  blosc: resolveBlosc,
  zstd: resolveZstd,
  gzip: resolveGzip,
  zlib: resolveZlib,
  lz4: resolveLz4,
  bz2: resolveBz2,
  lzma: resolveLzma,
  shuffle: resolveShuffle,
  crc32: resolveChecksum,
  crc32c: resolveChecksum,
  adler32: resolveChecksum,
  fletcher32: resolveChecksum,
  base64: resolveBase64,
};

const VARIABLE_CODECS: Readonly<Record<string, Resolve>> = {
  'vlen-utf8': variable(vlenUtf8),
  'vlen-bytes': variable(vlenBytes),
  json2: variable(json2),
  json: variable(json2),
};

/** The filters of numcodecs, which are the codecs of Zarr v2. */
const NUMCODECS_CODECS: Readonly<Record<string, Resolve>> = {
  ...BYTE_CODECS,
  ...VARIABLE_CODECS,
  delta: resolveDelta,
  fixedscaleoffset: resolveFixedScaleOffset,
  quantize: resolveCast,
  astype: resolveAsType,
  bitround: resolveUnchanged,
  packbits: resolveNumcodecsPackBits,
};

/** The codecs of Zarr v3 and its registered extensions. */
const ZARR_CODECS: Readonly<Record<string, Resolve>> = {
  ...BYTE_CODECS,
  ...VARIABLE_CODECS,
  transpose: resolveTranspose,
  bytes: resolveBytes,
  packbits: resolvePackBits,
  bitround: resolveUnchanged,
  scale_offset: resolveScaleOffset,
  cast_value: resolveCastValue,
};

function variable(items: ItemCodec): Resolve {
  return ({ name, decoded }) => {
    if (decoded.kind !== 'array') return 'the array was turned into bytes before';
    if (decoded.dtype.itemBytes !== 0) return `elements of dtype ${decoded.dtype.name} have a fixed length`;
    return { name, decoded, encoded: { kind: 'bytes', bytes: undefined }, items };
  };
}

/** A list of codecs, understood as far as it can be. */
export interface Chain {
  readonly steps: readonly Step[];
  /** Why it can't be decoded, each naming a codec; empty if it can. */
  readonly problems: readonly string[];
}

/** Understands a list of codecs, in the order of encoding. Never throws: what is not known is a problem, by name. */
export function resolveChain(codecs: readonly CodecSpec[], decoded: Content): Chain {
  const steps: Step[] = [];
  const problems: string[] = [];
  let content: Content = decoded;
  for (const spec of codecs) {
    const found = resolveCodec(spec, content);
    if (typeof found === 'string') {
      problems.push(found);
      // What comes out of it isn't known: only whether the codecs after it are.
      const unknown = codecs.slice(codecs.indexOf(spec) + 1).filter((next) => resolverOf(next) === undefined);
      problems.push(...unknown.map(notKnown));
      break;
    }
    const resolved = 'name' in found ? [found] : found;
    steps.push(...resolved);
    content = resolved.at(-1)!.encoded;
  }
  return { steps, problems };
}

function resolverOf({ name }: CodecSpec): Resolve | undefined {
  const isNumcodecs = name.startsWith(NUMCODECS);
  const [table, own] = isNumcodecs ? [NUMCODECS_CODECS, name.slice(NUMCODECS.length)] : [ZARR_CODECS, name];
  return Object.hasOwn(table, own) ? table[own] : undefined;
}

function resolveCodec(spec: CodecSpec, decoded: Content): Step | readonly Step[] | string {
  const name = spec.name.replace(NUMCODECS, '');
  const resolve = resolverOf(spec);
  if (resolve === undefined) return notKnown(spec);
  if (decoded.kind === 'array' && BYTE_CODECS[name] === resolve) {
    return `codec ${name}: it works on bytes, and no codec before it turns the array into bytes`;
  }
  const found = resolve({ name, configuration: spec.configuration, decoded });
  return typeof found === 'string' ? `codec ${name}: ${found}` : found;
}

function notKnown({ name: full }: CodecSpec): string {
  const name = full.replace(NUMCODECS, '');
  if (name === 'pickle') return 'codec pickle is refused: decoding it would run code from the data';
  return `codec ${name} is not supported`;
}
