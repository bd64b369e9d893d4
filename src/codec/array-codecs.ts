import { type DType, PLAIN_DTYPES, plainDType } from '../array/dtype.js';
import { parseNumpyDType } from '../array/numpy-dtype.js';
import { byteSwapCodec, packBitsCodec, packedBytes } from './bytes.js';
import { castRules, castValueCodec } from './cast-value.js';
import type { Codec } from './codec.js';
import { castCodec, isNumeric } from './elements.js';
import { deltaCodec, fixedScaleOffsetCodec, type ScaleOffset, scaleOffsetCodec } from './numeric.js';
import { bytesOf, type Content, elementsOf, type Resolve, type ResolveInput, type Step } from './step.js';
import { isOrder, transposeCodec } from './transpose.js';

/** `transpose` of Zarr v3, whose order was once a letter. */
export const resolveTranspose: Resolve = ({ name, configuration, decoded }) => {
  if (decoded.kind !== 'array') return 'it stands after the array was turned into bytes';
  const { dtype, shape } = decoded;
  const dimensions = Array.from(shape.keys());
  const { order: given } = configuration;
  const order = given === 'C' ? dimensions : given === 'F' ? dimensions.reverse() : given;
  if (!Array.isArray(order) || !isOrder(order, shape.length)) {
    return `order ${JSON.stringify(given)} is no order of ${shape.length} dimensions`;
  }
  const encoded: Content = { kind: 'array', dtype, shape: order.map((dimension) => shape[dimension]!) };
  // Elements that vary in length are put in order when they are JavaScript values.
  if (dtype.itemBytes === 0) return { name, decoded, encoded, order };
  return { name, decoded, encoded, order, make: () => transposeCodec(name, shape, order, dtype.itemBytes) };
};

/** `bytes` of Zarr v3. */
export const resolveBytes: Resolve = ({ name, configuration, decoded }) => {
  if (decoded.kind !== 'array') return 'the array was turned into bytes before';
  const { dtype } = decoded;
  if (dtype.itemBytes === 0) return `elements of dtype ${dtype.name} vary in length`;
  const endian = configuration.endian ?? 'little';
  if (endian !== 'little' && endian !== 'big') return `endian ${JSON.stringify(endian)} is not known`;
  const encoded: Content = { kind: 'bytes', bytes: bytesOf(decoded) };
  if (endian === 'little' || dtype.wordBytes === 1) return { name, decoded, encoded };
  return { name, decoded, encoded, make: () => byteSwapCodec(name, dtype.wordBytes) };
};

/** A codec of numcodecs that makes elements of one dtype of those of another. */
function converting(
  fields: { readonly decoded: string; readonly encoded: string },
  make: (name: string, encoded: DType, decoded: DType, input: ResolveInput) => Codec | string,
): Resolve {
  return (input) => {
    const { name, configuration, decoded } = input;
    const from = storedType(fields.decoded, configuration[fields.decoded]);
    if (typeof from === 'string') return from;
    const to = storedType(fields.encoded, configuration[fields.encoded] ?? configuration[fields.decoded]);
    if (typeof to === 'string') return to;
    const codec = make(name, to.dtype, from.dtype, input);
    if (typeof codec === 'string') return codec;
    if (decoded.kind === 'array') {
      // In a chain of Zarr v3 elements are in memory: their byte order is the business of `bytes`.
      if (decoded.dtype.itemBytes !== from.dtype.itemBytes) return differs(fields.decoded, from.dtype, decoded.dtype);
      return { name, decoded, encoded: { ...decoded, dtype: to.dtype }, make: () => codec };
    }
    const { bytes } = decoded;
    if (bytes === undefined) return 'it stands after a compressor';
    if (bytes % from.dtype.itemBytes !== 0) return `${bytes} bytes are no elements of ${from.dtype.name}`;
    const encoded: Content = { kind: 'bytes', bytes: (bytes / from.dtype.itemBytes) * to.dtype.itemBytes };
    const step: Step = { name, decoded, encoded, make: () => codec };
    return [...swapped(name, decoded, from), step, ...swapped(name, encoded, to)];
  };
}

/** A filter of Zarr v2 says in which byte order its elements are stored. */
function swapped(name: string, content: Content, { dtype, bigEndian }: { dtype: DType; bigEndian: boolean }): Step[] {
  if (!bigEndian) return [];
  return [{ name, decoded: content, encoded: content, make: () => byteSwapCodec(name, dtype.wordBytes) }];
}

function differs(field: string, stated: DType, found: DType): string {
  return `its ${field} is ${stated.name}, what it encodes is ${found.name}`;
}

/** A dtype of a codec's configuration: numpy's text, or the name that Zarr v3 has for it. */
function storedType(field: string, value: unknown): { dtype: DType; bigEndian: boolean } | string {
  const plain = typeof value === 'string' ? PLAIN_DTYPES.get(value) : undefined;
  const parsed = plain === undefined ? parseNumpyDType(value) : { dtype: plain, bigEndian: false };
  if (typeof parsed === 'string') return `${field}: ${parsed}`;
  return isNumeric(parsed.dtype) ? parsed : `${field}: no arithmetic is known for ${parsed.dtype.name}`;
}

export const resolveDelta = converting({ decoded: 'dtype', encoded: 'astype' }, deltaCodec);

export const resolveCast = converting({ decoded: 'dtype', encoded: 'astype' }, castCodec);

export const resolveAsType = converting({ decoded: 'decode_dtype', encoded: 'encode_dtype' }, castCodec);

export const resolveFixedScaleOffset = converting(
  { decoded: 'dtype', encoded: 'astype' },
  (name, encoded, decoded, { configuration }) => {
    const numbers = scaleAndOffset(configuration);
    return typeof numbers === 'string' ? numbers : fixedScaleOffsetCodec(name, encoded, decoded, numbers);
  },
);

/** `scale_offset` of Zarr v3. */
export const resolveScaleOffset: Resolve = ({ name, configuration, decoded }) => {
  if (decoded.kind !== 'array') return 'it stands after the array was turned into bytes';
  if (!isNumeric(decoded.dtype)) return `no arithmetic is known for ${decoded.dtype.name}`;
  const numbers = scaleAndOffset({ scale: 1, offset: 0, ...configuration });
  if (typeof numbers === 'string') return numbers;
  return { name, decoded, encoded: decoded, make: () => scaleOffsetCodec(name, decoded.dtype, numbers) };
};

function scaleAndOffset({ scale, offset }: Readonly<Record<string, unknown>>): ScaleOffset | string {
  const numbers = { scale: Number(scale), offset: Number(offset) };
  if (scale === undefined || !Number.isFinite(numbers.scale) || numbers.scale === 0) return `scale ${String(scale)}`;
  return offset === undefined || !Number.isFinite(numbers.offset) ? `offset ${String(offset)}` : numbers;
}

/** `cast_value` of Zarr v3. */
export const resolveCastValue: Resolve = ({ name, configuration, decoded }) => {
  if (decoded.kind !== 'array') return 'it stands after the array was turned into bytes';
  const to = PLAIN_DTYPES.get(String(configuration.data_type));
  if (to === undefined || !isNumeric(to))
    return `data_type ${JSON.stringify(configuration.data_type)} is not supported`;
  if (!isNumeric(decoded.dtype)) return `no arithmetic is known for ${decoded.dtype.name}`;
  const rules = castRules(configuration);
  if (typeof rules === 'string') return rules;
  const encoded: Content = { ...decoded, dtype: to };
  return { name, decoded, encoded, make: () => castValueCodec(name, to, decoded.dtype, rules) };
};

/** Rounded when they were encoded: decoding leaves the elements as they are. */
export const resolveUnchanged: Resolve = ({ name, decoded }) => ({ name, decoded, encoded: decoded });

/** `packbits` of numcodecs. */
export const resolveNumcodecsPackBits: Resolve = ({ name, decoded }) => {
  const bits = decoded.kind === 'array' ? elementsOf(decoded.shape) : decoded.bytes;
  if (bits === undefined) return 'it stands after a compressor';
  if (decoded.kind === 'array' && decoded.dtype.itemBytes !== 1) return `${decoded.dtype.name} are no truth values`;
  const bytes = packedBytes(bits, 'first_byte');
  const encoded: Content =
    decoded.kind === 'array' ? { kind: 'array', dtype: plainDType('uint8'), shape: [bytes] } : { kind: 'bytes', bytes };
  return { name, decoded, encoded, make: () => packBitsCodec(name, 'first_byte', false) };
};

/** `packbits` of Zarr v3, which turns the array into bytes. */
export const resolvePackBits: Resolve = ({ name, configuration, decoded }) => {
  if (decoded.kind !== 'array') return 'the array was turned into bytes before';
  if (decoded.dtype.kind !== 'bool') return `packed bits of ${decoded.dtype.name} are not supported, only of bool`;
  const { padding_encoding: padding = 'none', first_bit: first, last_bit: last } = configuration;
  if (padding !== 'none' && padding !== 'first_byte' && padding !== 'last_byte') {
    return `padding_encoding ${JSON.stringify(padding)} is not known`;
  }
  if ((first ?? 0) !== 0 || (last ?? 0) !== 0) return 'a part of the bits is not supported';
  const bytes = packedBytes(elementsOf(decoded.shape), padding);
  return { name, decoded, encoded: { kind: 'bytes', bytes }, make: () => packBitsCodec(name, padding, true) };
};
