import type { Count, Outcome, PositiveCount } from './common.js';

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

/** Something that keeps lsio from its best, and what mends it. */
export interface Problem {
  readonly problem: string;
  readonly remedy: string | null;
}
