import { type Command, Option } from 'commander';
import { INDEX_FORMATS } from '../../formats/grib/index-write.js';
import { parseCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { addReadingOptions, type ReadingFlags, readingConfigOf } from '../app/options.js';
import { addRemoteOptions, type RemoteFlags, remoteOptionsOf } from '../app/remote-options.js';
import { addFieldOptions, type FieldFlags, selectionOf } from './field-options.js';
import type { GribConfig } from './grib-file.js';
import type { GetConfig } from './grib-get.js';
import type { IndexConfig } from './grib-index.js';
import type { LsConfig } from './grib-ls.js';

const EXAMPLES = `Examples:
  lsio grib ls gfs.f006                                   its fields, as wgrib2 lists them
  lsio grib ls --match ':TMP:2 m above ground:' *.grib2   those of one kind
  lsio grib ls --where shortName=2t,msl --long era5.grib  in ecCodes' words
  lsio grib get gfs.f006 --match ':TMP:2 m' -o t2.grib2   bytes unchanged
  lsio grib index --format idx *.grib2                    FILE.idx beside each

`;
const FILES = 'GRIB files, quoted patterns, URLs, - for stdin; directories with -r';

/** The options of every action, as commander hands them over. */
interface Flags extends ReadingFlags, RemoteFlags, FieldFlags {
  readonly recursive: boolean;
  readonly index: string;
  readonly strict: boolean;
  readonly lenient: boolean;
  readonly chains?: number;
}

/** The options that only some actions have. */
type Own<Config extends GribConfig> = Omit<Config, keyof GribConfig>;

export function define(command: Command, context: Context): void {
  command.addHelpText('before', EXAMPLES);
  action(command, 'ls', "the fields of GRIB files, in the words of wgrib2's inventories")
    .option('--long', 'a table instead of lines', false)
    .option('--json', "print one JSON document, in ecCodes' keys", false)
    .action(async (files: string[], flags: Flags & Own<LsConfig>) => {
      const { long, json } = flags;
      await (await import('./grib-ls.js')).listFields({ ...configOf(files, flags), long, json }, context);
    });
  action(command, 'index', 'write an index beside each file')
    .addOption(
      new Option('--format <format>', "idx: wgrib2's; index: ECMWF's; lsio: its own; refs: kerchunk's references")
        .choices([...INDEX_FORMATS])
        .default('idx'),
    )
    .option('--stdout', 'print it instead', false)
    .option('--overwrite', 'replace an index that is there', false)
    .action(async (files: string[], flags: Flags & Own<IndexConfig>) => {
      const { format, stdout, overwrite } = flags;
      const config = { ...configOf(files, flags), index: 'none', format, stdout, overwrite };
      await (await import('./grib-index.js')).writeIndexes(config, context);
    });
  action(command, 'get', 'the messages of the chosen fields, bytes unchanged')
    .requiredOption('-o, --output <file>', 'write them to this file, one after the other; - is stdout')
    .option('--overwrite', 'replace the file if it exists', false)
    .action(async (files: string[], flags: Flags & Own<GetConfig>) => {
      const { output, overwrite } = flags;
      await (await import('./grib-get.js')).getMessages({ ...configOf(files, flags), output, overwrite }, context);
    });
}

function configOf(paths: readonly string[], flags: Flags): GribConfig {
  const { recursive, index, strict, lenient, chains } = flags;
  const how = { fields: selectionOf(flags), remote: remoteOptionsOf(flags), run: readingConfigOf(flags) };
  return { paths, recursive, index, strict, lenient, chains, ...how };
}

/** An action over fields, with the options that all of them take. */
function action(command: Command, name: string, description: string): Command {
  const defined = command.command(name).description(description).argument('<files...>', FILES);
  addFieldOptions(defined)
    .option('-r, --recursive', 'directories with all that is below them', false)
    .option('--index <choice>', 'an index: a file, none, or auto: one that lies beside the file', 'auto')
    .option('--strict', 'a stale index is an error; otherwise the file is scanned instead', false)
    .option('--lenient', 'take messages whose end mark is wrong', false)
    .addOption(
      new Option('--chains <n>', 'parts of a file walked at once (default: by its latency)').argParser(parseChains),
    );
  return addRemoteOptions(addReadingOptions(defined));
}

function parseChains(text: string): number {
  return parseCount(text, { name: '--chains', min: 1, max: 256 });
}
