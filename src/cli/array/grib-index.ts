import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LsioError } from '../../errors.js';
import { referencesOfFields } from '../../formats/grib/arrays.js';
import { type IndexFormat, indexLines, indexName } from '../../formats/grib/index-write.js';
import { groupReferencesText } from '../../formats/refs/group-text.js';
import { writeWholeFile } from '../../output/whole-file.js';
import { exactText, textOf } from '../../paths/byte-text.js';
import type { AbsolutePath } from '../../store/keys.js';
import { isRemoteUrl } from '../../store/locator.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { print, say } from '../app/talk.js';
import type { GribConfig } from './grib-file.js';
import { FILES_AT_ONCE, GribFiles } from './grib-files.js';
import { type FileListing, listFile, tellFaults } from './grib-listing.js';
import { inOrder } from './in-order.js';

/** What `lsio grib index` is to do. */
export interface IndexConfig extends GribConfig {
  readonly format: IndexFormat;
  readonly stdout: boolean;
  readonly overwrite: boolean;
}

/** Each file is scanned, whatever index lies beside it. */
export async function writeIndexes(config: IndexConfig, context: Context): Promise<void> {
  const { paths, format, stdout, overwrite, run } = config;
  const { quiet } = run;
  let faults = 0;
  const noPlace = paths.find((path) => path === '-' || isRemoteUrl(path));
  if (noPlace !== undefined && (!stdout || format === 'refs')) {
    throw new LsioError('usage', `${noPlace}: no index can be written beside it`, {
      remedy: format === 'refs' ? 'lsio refs' : '--stdout',
    });
  }
  await using opened = new GribFiles(config, context);
  const files = opened.all((_, error) => {
    say(`lsio: ${error.message}`);
    faults++;
  });
  for await (const listing of inOrder(files, FILES_AT_ONCE, (file) => listFile(file, config))) {
    faults += tellFaults(listing);
    const { bytes, messages, rows, file } = listing;
    if (rows.length === 0) {
      say(`lsio: ${listing.name}: no field to index`);
      faults++;
      continue;
    }
    const lines = format === 'refs' ? referenceLines(listing, quiet) : indexLines(format, { bytes, messages }, rows);
    if (stdout) {
      for (const line of lines) print(line);
      continue;
    }
    const name = textOf(indexName(file!.path!, format));
    writeWholeFile(name, [[...lines].join('')], overwrite);
    if (!quiet) say(`${name}: ${rows.length} fields`);
  }
  if (faults > 0) process.exitCode = EXIT.someFailed;
}

/** References are relative to the file that holds them, which lies beside the GRIB file. */
function* referenceLines({ file, name, rows }: FileListing, quiet: boolean): Generator<string> {
  const path = resolve(exactText(file!.path!));
  const own = { key: `/${basename(path)}` as AbsolutePath, name };
  const directory = dirname(path);
  const group = referencesOfFields(rows.map((row) => ({ file: own, ...row })));
  const sources = [{ spec: { url: pathToFileURL(directory).href } }];
  for (const { text } of groupReferencesText(group, sources, { directory })) yield text;
  if (!quiet) for (const note of group.notes) say(`lsio: ${name}: ${note}`);
}
