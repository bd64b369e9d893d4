import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { openEngine } from '../../src/engine/open.js';
import { NOBODY, publicProgram } from './nobody.js';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Why io_uring can't be had here, if it can't. */
export const noUring: string | undefined = await openEngine({ engine: 'uring' }).then(
  async (engine) => {
    await engine.close();
    return undefined;
  },
  (error: Error) => error.message,
);

/** The flag of Node's permission model, which was an experiment before Node 22.13. */
export const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Names a test that may be skipped, with the reason. */
export function named(name: string, skip: string | undefined): string {
  return skip === undefined ? name : `${name} (skipped: ${skip})`;
}

export interface Limits {
  /** What a shell runs before: `ulimit …`. */
  readonly shell?: string;
  readonly env?: Record<string, string>;
  readonly asNobody?: boolean;
  /** The command that runs node, with its arguments before. */
  readonly under?: readonly string[];
  readonly nodeOptions?: readonly string[];
  /** Where the program is written to, for one that must be a file. */
  readonly file?: string;
  /** Taken for hanging after this time. */
  readonly limitMs?: number;
}

/** What the programs use. They are plain JavaScript, so they read through dist; ROOT stands for the checkout. */
const PRELUDE = `
  import { openEngine } from 'ROOT/dist/engine/open.js';
  import fs from 'node:fs';

  export async function tryOpen(options) {
    try {
      const engine = await openEngine(options);
      const { engine: name, reason, remedy, queueDepth, flags } = engine.info;
      const bytes = await readAll(engine, ['ROOT/package.json']);
      await engine.close();
      return { engine: name, reason, remedy, queueDepth, flags, right: bytes[0].equals(fs.readFileSync('ROOT/package.json')) };
    } catch ({ kind, code, message, remedy }) {
      return { kind, code, message, remedy };
    }
  }

  /** The bytes of files (of paths, or of { path, file, offset, length }), or the errno that each fails with. */
  export async function readAll(engine, asks, options = {}, onDone = () => {}) {
    const answers = [];
    let next = 0;
    await engine.run({
      get ended() { return next === asks.length; },
      fill(slots, free, count) {
        let filled = 0;
        for (; filled < count && next < asks.length; filled++, next++) {
          const slot = free[filled];
          const ask = typeof asks[next] === 'object' ? asks[next] : { path: asks[next] };
          slots.tag[slot] = next;
          slots.path[slot] = ask.path;
          slots.file[slot] = ask.file;
          slots.offset[slot] = ask.offset ?? 0;
          slots.length[slot] = ask.length ?? -1;
        }
        return filled;
      },
      done(slots, finished, count) {
        for (const slot of finished.subarray(0, count)) {
          answers[slots.tag[slot]] = slots.errno[slot] || Buffer.from(slots.view(slot));
        }
        onDone(slots);
      },
    }, options).finished;
    return answers;
  }
  `;

/** Runs a program in a process of its own, and gives the JSON that it prints. ROOT in it stands for the checkout. */
export function runChild(program: string, limits: Limits = {}): unknown {
  const { shell = 'true', env = {}, asNobody = false, under = [], nodeOptions = [], file, limitMs = 110_000 } = limits;
  const { root, node } = asNobody ? publicProgram() : { root: ROOT, node: process.execPath };
  const source = (PRELUDE + program).replaceAll('ROOT/', `${root}/`);
  const script = file === undefined ? ['--input-type=module', '-e', source] : [file];
  if (file !== undefined) writeFileSync(file, source);
  const command = [...under, node, ...nodeOptions, ...script];
  const child = spawnSync('sh', ['-c', `${shell} && exec "$@"`, 'sh', ...command], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: limitMs,
    ...(asNobody && { uid: NOBODY, gid: NOBODY }),
  });
  expect(child.stderr).toBe('');
  expect({ status: child.status, signal: child.signal }).toEqual({ status: 0, signal: null });
  return JSON.parse(child.stdout);
}
