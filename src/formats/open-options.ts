import type { Signal } from '../abort.js';
import type { LocalStoreOptions } from '../store/local/local.js';
import type { RemoteOptions } from '../store/remote-options.js';
import type { FieldSelection } from './grib/select.js';
import type { Calibration } from './nat/calibrate.js';

export interface OpenSourceOptions extends LocalStoreOptions {
  /**
   * Whether checksums are verified.
   * @default true
   */
  readonly verify?: boolean | undefined;
  /**
   * Whether a reference file may refer to files outside of its directory.
   * @default false
   */
  readonly allowOutside?: boolean | undefined;
  /** Which fields of a GRIB file are taken. @default all */
  readonly fields?: FieldSelection | undefined;
  /** What the counts of an EUMETSAT native file become. @default bt or reflectance */
  readonly calibration?: Calibration | undefined;
  /** Is told what was left out of the arrays: damaged messages, fields whose place is taken, lines that are cut off. */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** How sources of other machines are read. */
  readonly remote?: RemoteOptions | undefined;
  readonly signal?: Signal | undefined;
}
