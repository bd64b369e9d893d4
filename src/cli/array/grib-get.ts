import { isLsioError } from '../../errors.js';
import { gribError } from '../../formats/grib/fault.js';
import { asciiIs } from '../../formats/grib/octets.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import { checkWholeFile, WholeFileWriter } from '../../output/whole-file.js';
import type { Extent } from '../../range.js';
import { formatBytes } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { say } from '../app/talk.js';
import type { GribConfig } from './grib-file.js';
import { FILES_AT_ONCE, GribFiles, namedError } from './grib-files.js';
import { type FileListing, listFile, tellFaults } from './grib-listing.js';
import { inOrder } from './in-order.js';

/** What `lsio grib get` is to do. */
export interface GetConfig extends GribConfig {
  readonly output: string;
  readonly overwrite: boolean;
}

/** Messages that are read at once: about 16 MiB of usual ones. */
const MESSAGES_AT_ONCE = 16;

interface Output {
  write(bytes: Uint8Array): void | Promise<void>;
  end(): void | Promise<void>;
}

/** A message with several fields is taken whole when one of them is chosen. */
export async function getMessages(config: GetConfig, context: Context): Promise<void> {
  const { output, overwrite, run } = config;
  await refuseInputAsOutput(output === '-' ? undefined : output, overwrite, config.paths);
  if (output !== '-') checkWholeFile(output, overwrite);
  const counts = { fields: 0, messages: 0, bytes: 0, faults: 0 };
  await using opened = new GribFiles(config, context);
  const files = opened.all((_, error) => {
    say(`lsio: ${error.message}`);
    counts.faults++;
  });
  const file = output === '-' ? undefined : new WholeFileWriter(output, overwrite);
  const target: Output = file ?? new StdoutWriter(context.signal);
  try {
    for await (const listing of inOrder(files, FILES_AT_ONCE, (one) => listFile(one, config))) {
      counts.faults += tellFaults(listing);
      counts.fields += listing.rows.length;
      for await (const bytes of messagesOf(opened, listing)) {
        if (!(bytes instanceof Uint8Array)) {
          say(`lsio: ${bytes.message}`);
          counts.faults++;
          continue;
        }
        counts.messages++;
        counts.bytes += bytes.length;
        await target.write(bytes);
      }
    }
    if (counts.messages > 0) await target.end();
    else file?.discard();
  } catch (error) {
    file?.discard();
    throw error;
  }
  if (counts.faults > 0 || counts.messages === 0) process.exitCode = EXIT.someFailed;
  if (!run.quiet) say(`${counts.fields} fields in ${counts.messages} messages, ${formatBytes(counts.bytes)}`);
}

/** The messages of a file's chosen fields, each once, or what is wrong with it. */
async function* messagesOf(opened: GribFiles, { rows, file, name }: FileListing) {
  const extents = new Map(rows.map(({ field }) => [field.message.offset, field.message]));
  if (extents.size === 0 || file === undefined) return;
  await using source = await opened.messagesOf(file);
  async function* each(): AsyncGenerator<Extent> {
    yield* extents.values();
  }
  yield* inOrder(each(), MESSAGES_AT_ONCE, async (extent) => {
    try {
      const bytes = await source.read(extent);
      checkMessage(bytes, extent);
      return bytes;
    } catch (error) {
      if (!isLsioError(error)) throw error;
      return namedError(name, error);
    }
  });
}

/** The file may have changed since it was listed. */
function checkMessage(bytes: Uint8Array, { offset, length }: Extent): void {
  const isWhole = bytes.length === length && asciiIs(bytes, 0, 'GRIB') && asciiIs(bytes, length - 4, '7777');
  if (!isWhole) throw gribError('index', `no whole message at byte ${offset}: the file has changed`, offset);
}
