import { type Command, Option } from 'commander';
import type { DecoderChoice } from '../../codec/codec.js';
import { parseBytes } from '../../units.js';
import { named } from '../app/options.js';

/** The options of every command that decodes an array, as commander hands them over. */
export interface DecodingFlags {
  readonly decoder: DecoderChoice;
  readonly maxMemory?: number;
}

export function addDecodingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--decoder <choice>', 'shared libraries of the system, or WebAssembly and JavaScript')
        .choices(['auto', 'native', 'wasm'])
        .default('auto'),
    )
    .option('--max-memory <size>', 'refuse what takes more (default: 4G)', named('--max-memory', parseBytes));
}

/** How an array is decoded. */
export interface DecodingConfig {
  readonly decoder: DecoderChoice;
  readonly memoryBytesMax: number | undefined;
}

export function decodingConfigOf({ decoder, maxMemory: memoryBytesMax }: DecodingFlags): DecodingConfig {
  return { decoder, memoryBytesMax };
}
