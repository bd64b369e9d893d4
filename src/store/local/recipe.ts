import type { EngineInfo } from '../../engine/engine.js';
import type { EngineOptions } from '../../engine/open.js';
import type { DirectChoice } from './direct.js';

interface Options extends EngineOptions {
  readonly direct?: DirectChoice | undefined;
}

/** How another thread opens a store of the same files. Plain data. */
export interface LocalStoreRecipe {
  readonly root: string;
  readonly options: Options;
}

/** @param root without a slash at its end. */
export function recipeOf(root: string, { engine }: EngineInfo, { direct, queueDepth }: Options): LocalStoreRecipe {
  return {
    root: root || '/',
    options: {
      // What `auto` was found to mean.
      engine: engine === 'uring' ? 'uring' : 'node',
      ...(direct !== undefined && { direct }),
      ...(queueDepth !== undefined && { queueDepth }),
    },
  };
}
