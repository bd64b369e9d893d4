import { type Command, Option } from 'commander';
import { parseMatch, parseNumbers, parseWhere } from '../../formats/grib/select.js';
import { parseCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { addReadingOptions, named } from '../app/options.js';

const EXAMPLES = `Examples:
  lsio grib ls gfs.f006                                   its fields, as wgrib2 lists them
  lsio grib ls --match ':TMP:2 m above ground:' *.grib2   those of one kind
  lsio grib ls --where shortName=2t,msl --long era5.grib  the same in ecCodes' words
  lsio grib get gfs.f006 --match ':TMP:2 m' -o t2.grib2   their messages, bytes unchanged
  lsio grib index --format idx *.grib2                    FILE.idx beside each

`;
const NUMBERS = 'fields by number, as in the first column of ls: 4,7.1';

export function define(command: Command, context: Context): void {
  command.addHelpText('before', EXAMPLES);
  addSelection(
    command
      .command('ls')
      .description("the fields of GRIB files, in the words of wgrib2's inventories")
      .argument('<files...>', FILES),
  )
    .option('--long', 'a table instead of lines', false)
    .option('--json', "print one JSON document, in ecCodes' keys", false)
    .action(async (files: string[], options) => {
      await (await import('./grib-ls.js')).listFields(files, options, context);
    });
}

const FILES = 'GRIB files; directories with -r';

/** What every action over fields takes. */
function addSelection(command: Command): Command {
  command
    .option(
      '--match <regex>',
      "fields whose :VAR:LEVEL:TIME: line matches, in wgrib2's words (repeatable: all must)",
      collect('--match', parseMatch),
      [],
    )
    .option('--not <regex>', 'fields whose line does not match (repeatable)', collect('--not', parseMatch), [])
    .option(
      '--where <key=value>',
      "fields whose key has one of these values, in ecCodes' keys: level=500,850 (repeatable)",
      collect('--where', parseWhere),
      [],
    )
    .option('--fields <list>', NUMBERS, named('--fields', parseNumbers))
    .option('-r, --recursive', 'directories with all that is below them', false)
    .option('--lenient', 'take messages whose end mark is wrong', false)
    .addOption(
      new Option('--chains <n>', 'parts of a file walked at once (default: by its latency)').argParser(parseChains),
    );
  return addReadingOptions(command);
}

function collect<Value>(option: string, parse: (text: string) => Value): (text: string, before: Value[]) => Value[] {
  return (text, before) => [...before, named(option, parse)(text)];
}

function parseChains(text: string): number {
  return parseCount(text, { name: '--chains', min: 1, max: 256 });
}
