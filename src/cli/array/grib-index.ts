import { type IndexFormat, indexLines, indexName } from '../../formats/grib/index-write.js';
import { writeWholeFile } from '../../output/whole-file.js';
import { textOf } from '../../paths/byte-text.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { applyReadingOptions } from '../app/options.js';
import { print, say } from '../app/talk.js';
import { FILES_AT_ONCE, filesOf, type GribOptions } from './grib-files.js';
import { listFile, tellFaults } from './grib-listing.js';
import { inOrder } from './in-order.js';

interface IndexOptions extends GribOptions {
  readonly format: IndexFormat;
  readonly stdout: boolean;
  readonly overwrite: boolean;
}

/** `lsio grib index`: each file is scanned, whatever index lies beside it. */
export async function writeIndexes(paths: readonly string[], options: IndexOptions, context: Context): Promise<void> {
  const { format, stdout, overwrite, quiet } = options;
  let faults = 0;
  applyReadingOptions(options, context);
  const files = filesOf(paths, options.recursive, (_, error) => {
    say(`lsio: ${error.message}`);
    faults++;
  });
  const scanned = { ...options, index: 'none' };
  for await (const listing of inOrder(files, FILES_AT_ONCE, (file) => listFile(file, scanned, context))) {
    faults += tellFaults(listing);
    const { bytes, messages, rows, file } = listing;
    if (rows.length === 0) {
      say(`lsio: ${listing.name}: no field to index`);
      faults++;
      continue;
    }
    const lines = indexLines(format, { bytes, messages }, rows);
    if (stdout) {
      for (const line of lines) print(line);
      continue;
    }
    const name = textOf(indexName(file!.path, format));
    writeWholeFile(name, [[...lines].join('')], overwrite);
    if (!quiet) say(`${name}: ${rows.length} fields`);
  }
  if (faults > 0) process.exitCode = EXIT.someFailed;
}
