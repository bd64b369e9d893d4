import type { FieldSelection } from '../../formats/grib/select.js';
import type { GribSource } from '../../formats/grib/source.js';
import type { ByteText } from '../../paths/byte-text.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import type { ReadingConfig } from '../app/options.js';

/** What every action over the fields of GRIB files takes, resolved once. */
export interface GribConfig {
  /** Files, patterns, URLs, `-` for stdin; directories where `recursive`. */
  readonly paths: readonly string[];
  readonly fields: FieldSelection;
  readonly recursive: boolean;
  /** `none`, `auto`, or the name of a file. */
  readonly index: string;
  readonly strict: boolean;
  readonly lenient: boolean;
  readonly chains: number | undefined;
  readonly remote: RemoteOptions;
  readonly run: ReadingConfig;
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
