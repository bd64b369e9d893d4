import type { Command } from 'commander';
import type { CodecAvailability } from '../../codec/availability.js';
import type { EngineName } from '../../engine/engine.js';
import type { DirectoryFacts, DoctorDocument } from '../../results/doctor.js';
import { formatBytes, formatCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { print } from '../app/talk.js';
import { type DoctorFacts, gatherFacts } from './doctor-facts.js';

const EXAMPLES = `
Examples:
  lsio doctor                  does io_uring work here?
  lsio doctor /data /scratch   and what are these directories on?`;
const LABEL_CHARS = 10;

export function define(command: Command, context: Context): void {
  command
    .argument('[directories...]', 'tell what these are on', ['.'])
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((directories: string[], options: { json?: boolean }) => doctor(directories, options, context));
}

async function doctor(directories: readonly string[], { json }: { json?: boolean }, context: Context): Promise<void> {
  const facts = await gatherFacts(directories, context.signal);
  // Set before printing: a document that can't be written is another failure.
  if (facts.engine === null) process.exitCode = EXIT.unavailable;
  print(json ? `${JSON.stringify(documentOf(facts))}\n` : `${renderDoctor(facts).join('\n')}\n`);
}

/** JSON has no Infinity: a limit that isn't there is null. */
function documentOf({ engine, limits, ...facts }: DoctorFacts): DoctorDocument {
  return {
    schema: 'lsio.doctor/1',
    engine: (engine?.engine as EngineName | undefined) ?? null,
    engineReason: engine?.reason ?? null,
    queueDepth: engine?.queueDepth ?? null,
    slabBytes: engine?.slabBytes ?? null,
    ringFlags: engine?.flags ?? [],
    limits: { openFiles: finite(limits.openFiles), lockedBytes: finite(limits.lockedBytes) },
    ...facts,
  };
}

function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

/** The lines for people. */
function renderDoctor(facts: DoctorFacts): string[] {
  const { engine, kernel, kernels, codecs, node, koffi, liburing, limits, hugePages, fio, directories, problems } =
    facts;
  const openFiles = Number.isFinite(limits.openFiles) ? formatCount(limits.openFiles) : 'unlimited';
  const lockedBytes = Number.isFinite(limits.lockedBytes) ? formatBytes(limits.lockedBytes) : 'unlimited';
  const lines = [
    row('engine', engine === null ? 'none works' : `${engine.engine}: ${engine.reason}`),
    row('kernel', kernel),
    row('liburing', liburing === null ? 'not found' : `${liburing.path}${missing(liburing.functions)}`),
  ];
  if (engine?.engine === 'uring') {
    const memory = `${engine.queueDepth} reads in flight, ${formatBytes(engine.slabBytes)} for them`;
    lines.push(row('ring', memory), row('flags', engine.flags.join(' ')));
  }
  lines.push(
    row('limits', `open files ${openFiles}, locked memory ${lockedBytes}`),
    row('huge pages', hugePages ?? 'none'),
    row('kernels', kernels === 'wasm' ? 'WebAssembly SIMD' : 'plain JavaScript: arrays are computed slowly'),
    row('codecs', codecs.map(codecText).join(' · ')),
    row('node', node),
    row('koffi', koffi ?? 'not found'),
    row('fio', fio === null ? 'not found' : `${fio.version} (${fio.path})`),
    ...directories.map((directory) => row(directory.path, directoryText(directory))),
  );
  if (problems.length === 0) return [...lines, 'No problems found.'];
  lines.push('Problems:');
  for (const { problem, remedy } of problems) {
    lines.push(`  ${problem}`);
    if (remedy !== null) lines.push(`    → ${remedy}`);
  }
  return lines;
}

function row(label: string, text: string): string {
  return `${label.padEnd(LABEL_CHARS)} ${text}`;
}

function codecText({ codec, decoder, library }: CodecAvailability): string {
  return decoder === null ? `${codec} not found` : `${codec} ${decoder} (${library})`;
}

/** What liburing 2.0 lacks of what newer ones have. */
function missing(functions: Readonly<Record<string, boolean>>): string {
  const names = Object.keys(functions).filter((name) => !functions[name]);
  return names.length === 0 ? '' : `, without ${names.join(', ')}`;
}

function directoryText({ fileSystem, device, scheduler, direct }: DirectoryFacts): string {
  const on = device === null ? '' : ` on ${device}`;
  const scheduled = scheduler === null ? '' : ` (scheduler ${scheduler})`;
  const aligned = direct === null ? 'no O_DIRECT' : `O_DIRECT in multiples of ${formatBytes(direct.offsetBytes)}`;
  return `${fileSystem ?? 'unknown file system'}${on}${scheduled}, ${aligned}`;
}
