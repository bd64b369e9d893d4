import path from 'node:path';
import type { Command } from 'commander';
import { LsioError } from '../../errors.js';
import { groupReferencesText } from '../../formats/refs/group-text.js';
import { referencesText } from '../../formats/refs/write-references.js';
import type { ArraySource } from '../../formats/source.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import { checkWholeFile, WholeFileWriter } from '../../output/whole-file.js';
import { formatCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { say } from '../app/talk.js';
import {
  addSourceOptions,
  chosenArrays,
  openSourceOf,
  type SourceConfig,
  type SourceFlags,
  sourceConfigOf,
} from './source-options.js';

const EXAMPLES = `Examples:
  lsio refs era.zarr -o era.json          references to its chunks, and its metadata
  lsio refs era.zarr.zip -o era.json      to parts of the zip file
  lsio refs 'gfs.*.grib2' -o gfs.json     to the messages of GRIB files
  lsio read era.json -a t2m -o t2m.npy    read through them

`;
/** Entries are written together. */
const PART_CHARS = 256 * 1024;

interface Flags extends SourceFlags {
  readonly output: string;
  readonly overwrite: boolean;
}

/** What refs is to do: every option, resolved once. */
interface RefsConfig extends Pick<Flags, 'output' | 'overwrite'> {
  readonly source: SourceConfig;
}

export function define(command: Command, context: Context): void {
  addSourceOptions(command)
    .requiredOption('-o, --output <file>', 'write the references to this file')
    .option('--overwrite', 'replace the file if it exists', false)
    .addHelpText('before', EXAMPLES)
    .addHelpText(
      'after',
      `
Writes kerchunk references, version 1, of a Zarr store, of GRIB files or of a .nat file. Paths are relative to the
file that is written. xarray needs kerchunk's codec for GRIB, imagecodecs' for .nat.`,
    )
    .action((sources: readonly string[], flags: Flags) => {
      const { output, overwrite } = flags;
      return refs({ source: sourceConfigOf(sources, flags), output, overwrite }, context);
    });
}

async function refs({ source: asked, output, overwrite }: RefsConfig, context: Context): Promise<void> {
  const { run, array } = asked;
  startRun(run, context);
  const { signal } = context;
  await refuseInputAsOutput(output, overwrite, asked.sources);
  checkWholeFile(output, overwrite);
  const source = await openSourceOf(asked, signal);
  try {
    const { text: pieces, notes } = textOf(source, { output, array }, signal);
    const writer = new WholeFileWriter(output, overwrite);
    context.cleanUp = () => writer.discard();
    let entries = 0;
    let outside = false;
    const progress = startProgress(run, () => ({ items: entries, unit: 'entries' }));
    try {
      let text = '';
      for await (const piece of pieces) {
        entries += 1;
        outside ||= piece.leadsOutside;
        text += piece.text;
        if (text.length < PART_CHARS) continue;
        writer.write(Buffer.from(text));
        text = '';
      }
      writer.write(Buffer.from(text));
      writer.end();
    } catch (error) {
      writer.discard();
      throw error;
    } finally {
      progress.stop();
    }
    if (run.quiet) return;
    // The first and the last piece are no entries.
    say(`${output}: ${formatCount(entries - 2)} references`);
    for (const note of notes) say(`lsio: ${note}`);
    if (outside) say('lsio: some lead out of its directory: lsio reads those with --allow-outside only');
  } finally {
    await source.close();
  }
}

/** The references of a source, in pieces, and what to know of them. */
function textOf(
  source: ArraySource,
  { output, array }: { readonly output: string; readonly array: string | undefined },
  signal: AbortSignal,
) {
  const directory = path.dirname(path.resolve(output));
  if (source.places !== undefined) {
    const { store, root } = source.places;
    return { text: referencesText(store, root, directory, signal), notes: [] };
  }
  if (source.references === undefined || source.sources === undefined) {
    throw new LsioError('format', `${source.name}: lsio writes no references of ${source.format}`);
  }
  const wanted = new Set(chosenArrays(source, array).map(({ name }) => name));
  const group = source.references((name) => wanted.has(name));
  return { text: groupReferencesText(group, source.sources, { directory }), notes: group.notes };
}
