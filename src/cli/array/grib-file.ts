import type { GribSource } from '../../formats/grib/source.js';
import type { ByteText } from '../../paths/byte-text.js';
import type { ReadingOptions } from '../app/options.js';
import type { RemoteFlags } from '../app/remote-options.js';
import type { FieldOptions } from './field-options.js';

/** The options of every action over the fields of GRIB files, as commander hands them over. */
export interface GribOptions extends ReadingOptions, RemoteFlags, FieldOptions {
  readonly recursive: boolean;
  readonly index: string;
  readonly strict: boolean;
  readonly lenient: boolean;
  readonly chains?: number;
}

/** A file that is named, or found: on this machine, on stdin or at an address. */
export interface GribFile {
  /** As people read it. */
  readonly name: string;
  /** On this machine, beside which indexes lie and are written. */
  readonly path?: ByteText;
  /** Each request takes long. */
  readonly isRemote: boolean;
  /** Opens it for reads that follow one another: each header says where the next one is. @throws {LsioError} */
  open(): Promise<OpenGribFile>;
  /** The first index that lies beside it. */
  sidecar(): Promise<Sidecar | undefined>;
}

export interface Sidecar {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface OpenGribFile extends GribSource, AsyncDisposable {}
