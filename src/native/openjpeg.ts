import { LsioError } from '../errors.js';
import { loadKoffi, viewMemory } from './library.js';

const LIBRARY = 'libopenjp2.so.7';
const REMEDY = 'apt-get install libopenjp2-7';
const CODEC_J2K = 0;
/** `opj_dparameters_t` takes 8,248 bytes in OpenJPEG 2.5; the library fills it in. */
const PARAMETERS_BYTES = 16_384;
/** Offsets in `opj_image_t` and `opj_image_comp_t`, whose layout has not changed since 2.0. */
const IMAGE_COMPONENTS_AT = 16;
const IMAGE_COMPS_AT = 24;
const COMP_WIDTH_AT = 8;
const COMP_HEIGHT_AT = 12;
const COMP_DATA_AT = 48;
const COMP_BYTES = 64;

type Koffi = ReturnType<typeof loadKoffi>;

interface OpenJpeg {
  /** Decodes a codestream with one component into its samples, or says what is wrong. */
  decode(bytes: Uint8Array, count: number): Int32Array | string;
}

let loaded: OpenJpeg | undefined;

/**
 * Decodes the first component of a JPEG 2000 codestream.
 *
 * @param count samples wanted; the image must have as many.
 * @returns the samples, row by row, or what is wrong with the stream.
 * @throws {LsioError} `unavailable` where libopenjp2 or koffi is missing.
 */
export function decodeJpeg2000(bytes: Uint8Array, count: number): Int32Array | string {
  const problem = sizeProblem(bytes, count);
  if (problem !== undefined) return problem;
  loaded ??= load();
  return loaded.decode(bytes, count);
}

function load(): OpenJpeg {
  const koffi = loadKoffi();
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(LIBRARY);
  } catch (cause) {
    throw new LsioError('unavailable', `JPEG 2000 needs ${LIBRARY}`, { remedy: REMEDY, cause });
  }
  const createDecoder = library.func('uintptr_t opj_create_decompress(int)');
  const defaults = library.func('void opj_set_default_decoder_parameters(uint8_t *)');
  const setup = library.func('int opj_setup_decoder(uintptr_t, uint8_t *)');
  const readHeader = library.func('int opj_read_header(uintptr_t, uintptr_t, _Out_ uintptr_t *)');
  const decodeImage = library.func('int opj_decode(uintptr_t, uintptr_t, uintptr_t)');
  const destroyImage = library.func('void opj_image_destroy(uintptr_t)');
  const destroyStream = library.func('void opj_stream_destroy(uintptr_t)');
  const destroyDecoder = library.func('void opj_destroy_codec(uintptr_t)');
  const openStream = streams(koffi, library);

  function decode(bytes: Uint8Array, count: number): Int32Array | string {
    const decoder = createDecoder(CODEC_J2K) as number;
    const stream = openStream(bytes);
    const image: [number] = [0];
    try {
      const parameters = Buffer.alloc(PARAMETERS_BYTES);
      defaults(parameters);
      if (!setup(decoder, parameters) || !readHeader(stream, decoder, image)) return 'its header is damaged';
      if (!decodeImage(decoder, stream, image[0])) return 'its codestream is damaged';
      return samplesOf(image[0], count);
    } finally {
      if (image[0] !== 0) destroyImage(image[0]);
      destroyStream(stream);
      destroyDecoder(decoder);
    }
  }
  return { decode };
}

/** Makes streams over bytes in memory, one at a time: OpenJPEG reads by callbacks only. */
function streams(koffi: Koffi, library: ReturnType<Koffi['load']>): (bytes: Uint8Array) => number {
  const create = library.func('uintptr_t opj_stream_create(size_t, int)');
  const read = koffi.pointer(koffi.proto('size_t lsio_opj_read(uintptr_t, size_t, uintptr_t)'));
  const skip = koffi.pointer(koffi.proto('int64_t lsio_opj_skip(int64_t, uintptr_t)'));
  const seek = koffi.pointer(koffi.proto('int lsio_opj_seek(int64_t, uintptr_t)'));
  const setRead = library.func('opj_stream_set_read_function', 'void', ['uintptr_t', read]);
  const setSkip = library.func('opj_stream_set_skip_function', 'void', ['uintptr_t', skip]);
  const setSeek = library.func('opj_stream_set_seek_function', 'void', ['uintptr_t', seek]);
  const setUserData = library.func('void opj_stream_set_user_data(uintptr_t, uintptr_t, uintptr_t)');
  const setLength = library.func('void opj_stream_set_user_data_length(uintptr_t, uint64_t)');
  let source: Uint8Array = new Uint8Array(0);
  let at = 0;
  const onRead = koffi.register((target: number, length: number) => {
    const part = source.subarray(at, at + length);
    if (part.length === 0) return -1;
    new Uint8Array(viewMemory(target, part.length)).set(part);
    at += part.length;
    return part.length;
  }, read);
  const onSkip = koffi.register((length: number) => {
    at = Math.min(at + length, source.length);
    return length;
  }, skip);
  const onSeek = koffi.register((to: number) => {
    at = to;
    return to <= source.length ? 1 : 0;
  }, seek);
  return (bytes) => {
    source = bytes;
    at = 0;
    const stream = create(Math.min(Math.max(bytes.length, 1024), 1 << 20), 1) as number;
    setRead(stream, onRead);
    setSkip(stream, onSkip);
    setSeek(stream, onSeek);
    // Without user data and its length the library reads nothing.
    setUserData(stream, 1, 0);
    setLength(stream, bytes.length);
    return stream;
  };
}

function samplesOf(image: number, count: number): Int32Array | string {
  const head = new DataView(viewMemory(image, IMAGE_COMPS_AT + 8));
  if (head.getUint32(IMAGE_COMPONENTS_AT, true) < 1) return 'it has no component';
  const component = new DataView(viewMemory(Number(head.getBigUint64(IMAGE_COMPS_AT, true)), COMP_BYTES));
  const samples = component.getUint32(COMP_WIDTH_AT, true) * component.getUint32(COMP_HEIGHT_AT, true);
  const data = Number(component.getBigUint64(COMP_DATA_AT, true));
  if (data === 0 || samples !== count) return `it decodes to ${samples} of ${count} samples`;
  return new Int32Array(viewMemory(data, samples * 4)).slice();
}

/** Checks the SIZ marker, which stands first, so that the library allocates no more than the field needs. */
function sizeProblem(bytes: Uint8Array, count: number): string | undefined {
  const SIZ_BYTES = 4 + 38;
  if (bytes.length < SIZ_BYTES + 3) return `${bytes.length} bytes are no codestream`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== 0xff4fff51) return 'it does not begin as a codestream';
  const [right, bottom, left, top, tileWidth, tileHeight, tileLeft, tileTop] = Array.from({ length: 8 }, (_, i) =>
    view.getUint32(8 + 4 * i),
  ) as [number, number, number, number, number, number, number, number];
  const components = view.getUint16(40);
  if (components !== 1) return `it has ${components} components`;
  const width = right - left;
  const height = bottom - top;
  if (width < 1 || height < 1 || width * height !== count) return `it has ${width} x ${height} pixels, not ${count}`;
  if (tileWidth === 0 || tileHeight === 0) return 'its tiles are empty';
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  // A tile costs the library some kilobytes before it is seen; real files have one.
  if (tiles > 4 && tiles * 1024 > count) return `it has ${tiles} tiles for ${count} pixels`;
  return undefined;
}
