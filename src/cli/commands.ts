import type { Command } from 'commander';
import type { Context } from './app/context.js';

/** What the module of a command exports. */
export interface CommandModule {
  /**
   * Gives the command its arguments, options, help and action. The action sets `process.exitCode` when not everything
   * went well, and throws when the command failed as a whole.
   */
  define(command: Command, context: Context): void;
}

interface CommandEntry {
  readonly summary: string;
  /** Loads the command's module only. */
  readonly load: () => Promise<CommandModule>;
  /** It is a command of commands, whose documents differ: `lsio.grib-ls/1`. */
  readonly hasActions?: boolean;
}

/** All commands, in the order in which the help lists them. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  get: { summary: 'read files and byte ranges, to stdout or a directory', load: () => import('./get/get.js') },
  info: { summary: 'what arrays a Zarr store, GRIB or .nat file holds', load: () => import('./array/info.js') },
  read: { summary: 'elements of an array, to a file or stdout', load: () => import('./array/read.js') },
  crops: { summary: 'random crops of an array, as training reads them', load: () => import('./array/crops.js') },
  grib: {
    summary: 'list, index and cut out the fields of GRIB files',
    load: () => import('./array/grib.js'),
    hasActions: true,
  },
  refs: { summary: 'write kerchunk references of Zarr, GRIB or .nat files', load: () => import('./array/refs.js') },
  stats: { summary: 'mean, std, extremes and quantiles of an array', load: () => import('./array/stats.js') },
  series: { summary: 'time series at points, as CSV', load: () => import('./array/series.js') },
  merge: { summary: 'statistics that several machines computed, put together', load: () => import('./array/merge.js') },
  files: { summary: 'make, check or remove the files of the benchmark', load: () => import('./system/files.js') },
  bench: { summary: 'measure how fast files are read, by lsio and by Node', load: () => import('./bench/bench.js') },
  'compare-fio': {
    summary: 'compare lsio with fio on the same reads',
    load: () => import('./bench/compare-fio.js'),
  },
  tune: { summary: 'find the best queue depth and number of rings', load: () => import('./bench/tune.js') },
  cache: {
    summary: 'show or evict what the page cache holds of files',
    load: () => import('./system/cache.js'),
  },
  doctor: {
    summary: 'check what this machine allows, and how to fix the rest',
    load: () => import('./system/doctor.js'),
  },
  completion: { summary: 'print a shell completion script', load: () => import('./system/completion.js') },
};

/** Commands that print the document of another one. */
const DOCUMENTS: Readonly<Record<string, string>> = { merge: 'stats' };

/** The schema of the JSON document that the arguments ask for, if they do: commands that know `--json` have one. */
export function jsonSchemaOf(args: readonly string[]): string | undefined {
  const [name, action = ''] = args;
  const end = args.indexOf('--');
  const asked = args.slice(0, end < 0 ? args.length : end).includes('--json');
  if (!asked || name === undefined || !Object.hasOwn(COMMANDS, name)) return undefined;
  return `lsio.${DOCUMENTS[name] ?? name}${COMMANDS[name]!.hasActions && /^[a-z]+$/.test(action) ? `-${action}` : ''}/1`;
}
