import type { GribField } from './field.js';
import { gridShapeOf, gridTypeOf } from './grid-type.js';
import { packingTypeOf } from './packing-type.js';
import { pointsOf } from './points.js';

/** What a field says of its grid and packing, in ecCodes' keys. */
export class FieldShape {
  readonly edition: 1 | 2;
  readonly #field: GribField;

  constructor(field: GribField) {
    this.edition = field.edition;
    this.#field = field;
  }

  get packingType(): string {
    return packingTypeOf(this.#field);
  }

  get gridType(): string {
    return gridTypeOf(this.#field);
  }

  /** Rows and columns; undefined where rows differ in length. */
  get gridShape(): readonly [rows: number, columns: number] | undefined {
    return gridShapeOf(this.#field);
  }

  /** Grid points as the message states them. */
  get points(): number {
    return pointsOf(this.#field);
  }
}
