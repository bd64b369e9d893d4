import type { Amount, Count, Outcome, PositiveCount } from './common.js';

/** What this machine allows. */
export type DoctorDocument = Outcome<'lsio.doctor/1', DoctorResult>;

export interface DoctorResult {
  /** What `--engine auto` takes; null: nothing works. */
  readonly engine: 'uring' | 'node' | null;
  readonly engineReason: string | null;
  /** Reads in flight at most, of each ring. */
  readonly queueDepth: PositiveCount | null;
  /** Memory that reads land in at most. */
  readonly slabBytes: PositiveCount | null;
  readonly ringFlags: readonly string[];
  /** Of this process; null: none. */
  readonly limits: { readonly openFiles: Count | null; readonly lockedBytes: Count | null };
  readonly kernel: string;
  /** How arrays are computed on: WebAssembly SIMD or plain JavaScript. */
  readonly kernels: 'wasm' | 'js';
  /** What decompresses the chunks of arrays. */
  readonly codecs: readonly CodecFacts[];
  readonly node: string;
  readonly koffi: string | null;
  readonly liburing: LiburingFacts | null;
  /** Whether memory may be in huge pages: `always`, `madvise` or `never`; null where the system has none. */
  readonly hugePages: string | null;
  readonly fio: { readonly path: string; readonly version: string } | null;
  readonly directories: readonly DirectoryFacts[];
  readonly urls: readonly UrlFacts[];
  readonly problems: readonly Problem[];
}

export interface CodecFacts {
  readonly codec: string;
  /** `native`: a shared library; `wasm`: JavaScript, WebAssembly or Node itself; null: nothing. */
  readonly decoder: 'native' | 'wasm' | null;
  /** Such as `liblz4.so.1`. */
  readonly library: string | null;
  /** Why the native library is not used. */
  readonly problem: string | null;
  readonly remedy: string | null;
}

export interface LiburingFacts {
  readonly path: string;
  /** Which functions it has of those that lsio can do without. */
  readonly functions: Readonly<Record<string, boolean>>;
}

export interface DirectoryFacts {
  readonly path: string;
  readonly fileSystem: string | null;
  readonly mountOptions: string | null;
  readonly device: string | null;
  readonly scheduler: string | null;
  /** What O_DIRECT reads of its files have to be multiples of, in bytes; null where there is no direct I/O. */
  readonly direct: { readonly memoryBytes: PositiveCount; readonly offsetBytes: PositiveCount } | null;
}

/** What the server of an address allows. Null is what could not be found out. */
export interface UrlFacts {
  /** Without user info, query and fragment. */
  readonly url: string;
  /** Whether ranges of the object can be read, with the right bytes. */
  readonly readable: boolean;
  readonly host: string | null;
  /** How many addresses the host's name has; null behind a proxy. */
  readonly addresses: Count | null;
  /** Until there was a connection, with TLS where there is TLS; null behind a proxy. */
  readonly connectMs: Amount | null;
  /** Such as `TLSv1.3`; null without. */
  readonly tls: string | null;
  /** Its host and where it is named. */
  readonly proxy: string | null;
  /** Who signs, never with what; null: requests go out without credentials. */
  readonly credentials: string | null;
  /** Of S3, as the server names it. */
  readonly region: string | null;
  /** As the server calls itself. */
  readonly server: string | null;
  readonly transport: string | null;
  /** Whether there is a listing, and it may be read. */
  readonly listing: boolean | null;
  /** The object that was read. */
  readonly object: string | null;
  readonly sizeBytes: Count | null;
  /** `exact`: all that were asked for had the right bytes; `ignored`: the whole object came; `wrong`: other bytes came. */
  readonly ranges: 'exact' | 'ignored' | 'wrong' | null;
  readonly etag: 'strong' | 'weak' | 'none' | null;
  /** Whether a wrong ETag in If-Match is refused, ignored, or makes every request fail. */
  readonly ifMatch: 'honoured' | 'ignored' | 'refused' | null;
  /** This machine's clock less the server's, which counts seconds. */
  readonly clockOffsetMs: number | null;
  readonly firstByteMsP50: Amount | null;
  readonly firstByteMsMax: Amount | null;
  /** Of short ranges, many at a time. */
  readonly rangesPerSecond: Amount | null;
  /** Requests in flight that the server took. */
  readonly inFlight: Count | null;
  /** Requests that it refused as too many. */
  readonly refusals: Count | null;
  readonly problems: readonly Problem[];
}

/** Something that keeps lsio from its best, and what mends it. */
export interface Problem {
  readonly problem: string;
  readonly remedy: string | null;
}
