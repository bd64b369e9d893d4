import type { Command } from 'commander';
import {
  type FieldSelection,
  parseMatch,
  parseNumbers,
  parseWhere,
  type WhereCondition,
} from '../../formats/grib/select.js';
import { collect, named } from '../app/options.js';

/** The options that choose fields of GRIB files, as commander hands them over. */
export interface FieldFlags {
  readonly match: readonly RegExp[];
  readonly not: readonly RegExp[];
  readonly where: readonly WhereCondition[];
  readonly fields?: ReadonlySet<string>;
}

export function addFieldOptions(command: Command): Command {
  return command
    .option(
      '--match <regex>',
      "GRIB: fields whose :VAR:LEVEL:TIME: line matches, in wgrib2's words (repeatable: all must)",
      collect(named('--match', parseMatch)),
      [],
    )
    .option(
      '--not <regex>',
      'GRIB: fields whose line does not match (repeatable)',
      collect(named('--not', parseMatch)),
      [],
    )
    .option(
      '--where <key=value>',
      "GRIB: fields whose key has one of these values, in ecCodes' keys: level=500,850 (repeatable)",
      collect(named('--where', parseWhere)),
      [],
    )
    .option(
      '--fields <list>',
      'GRIB: fields by number, as in the first column of grib ls: 4,7.1',
      named('--fields', parseNumbers),
    );
}

export function selectionOf({ match, not, where, fields }: FieldFlags): FieldSelection {
  return { match, not, where, numbers: fields };
}
