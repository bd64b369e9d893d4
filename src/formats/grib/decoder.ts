import type { ChunkDecoder, DecoderSpec } from '../chunked-array.js';
import { decodeDoubles, decodeField, type Floats, pointCount } from './decode.js';
import { gribError } from './fault.js';
import type { GribField } from './field.js';
import { addressableDoubles, addressableView } from './floats.js';
import { gridShapeOf } from './grid-type.js';
import { orient } from './grids/orient.js';
import { scanningOf } from './grids/scanning.js';
import { gribOneMessage } from './message1.js';
import { gribTwoMessage } from './message2.js';
import { fieldOfPart } from './part.js';
import { runStepsOver, Window } from './reading.js';
import { isRowsDetail, unpackRows } from './rows.js';

/** The format's name in a {@link DecoderSpec}. */
export const GRIB_FORMAT = 'grib';

/**
 * Decodes chunks that are a message, or its beginning up to four bytes after the field's data: the field that ends
 * there. The message is walked anew, so a file that changed since it was scanned is seen. Of large messages with several
 * fields a chunk is the field's part, described by its detail.
 */
export function openGribDecoder({ chunkShape, dtype }: DecoderSpec): ChunkDecoder {
  const points = chunkShape.reduce((product, length) => product * length, 1);
  return {
    isRaw: false,
    decoder: 'none',
    libraries: [],
    decode(source, target, detail) {
      if (detail !== undefined && isRowsDetail(detail)) {
        const values = addressableView(target);
        unpackRows(source, detail, values.floats);
        values.store(values.floats);
        return;
      }
      const field = detail === undefined ? lastField(source) : fieldOfPart(detail);
      const found = pointCount(field);
      if (found !== points) throw gribError('count', `the field has ${found} points, expected ${points}`);
      const bytes = { bytes: source, offset: 0 };
      if (dtype.name === 'float64') {
        const values = addressableDoubles(target);
        values.store(oriented(field, decodeDoubles(field, bytes, {}, values.floats)));
      } else {
        const values = addressableView(target);
        values.store(oriented(field, decodeField(field, bytes, {}, values.floats)));
      }
    },
    decodeItems() {
      throw new TypeError('the elements of a GRIB field do not vary in length');
    },
  };
}

function oriented<Values extends Floats>(field: GribField, values: Values): Values {
  const shape = gridShapeOf(field);
  return shape === undefined ? values : orient(values, shape[0], shape[1], scanningOf(field));
}

/** The field whose data ends with the bytes. */
function lastField(bytes: Uint8Array): GribField {
  const window = new Window(bytes.length);
  const start = { window, offset: 0, number: 1, lenient: false, isPrefix: true };
  const magic = bytes.length > 16 && bytes[0] === 0x47 && bytes[1] === 0x52 && bytes[2] === 0x49 && bytes[3] === 0x42;
  if (!magic || (bytes[7] !== 1 && bytes[7] !== 2)) throw gribError('index', 'no GRIB message begins here');
  const result = runStepsOver(bytes[7] === 1 ? gribOneMessage(start) : gribTwoMessage(start, undefined), bytes);
  if ('fault' in result) throw gribError(result.fault.code, result.fault.message, result.fault.offset);
  return result.fields.at(-1)!;
}
