import type { Path, SharedFile } from '../read.js';
import { Pin } from './checks.js';
import type { Target } from './client-options.js';

/** Addresses that are remembered. */
const TARGETS_MAX = 4096;

/** An object that several reads share: they must all be of one version of it. */
export class HttpFile implements SharedFile {
  readonly path: Path;
  readonly target: Target;
  readonly pin = new Pin();

  constructor(path: Path, target: Target) {
    this.path = path;
    this.target = target;
  }

  close(): void {}
}

/** Where objects are: addresses take longer to make than to look up. */
export class Targets {
  readonly #make: (path: Path) => Target;
  readonly #known = new Map<Path, Target>();

  constructor(make: (path: Path) => Target) {
    this.#make = make;
  }

  of(path: Path): Target {
    let target = this.#known.get(path);
    if (target === undefined) {
      if (this.#known.size >= TARGETS_MAX) this.#known.clear();
      target = this.#make(path);
      this.#known.set(path, target);
    }
    return target;
  }
}
