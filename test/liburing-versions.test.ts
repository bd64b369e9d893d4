import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring, runChild } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';
import { compileLibrary, noCompiler } from './helpers/shared-library.js';

/* What lsio does with a liburing that has no more than an older version, or that makes rings as a newer one does. */

const skip = noCompiler ?? noUring;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-liburing-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const VERSIONS = [
  {
    minor: 0,
    without: ['io_uring_register_files_sparse', 'io_uring_register_ring_fd', 'io_uring_submit_and_get_events'],
  },
  { minor: 2, without: ['io_uring_submit_and_get_events'] },
  { minor: 6, without: [] },
];

/** Without a way to ask for completions they must come by themselves: DEFER_TASKRUN is left out. */
const INTERRUPTS = 'the ring lacks DEFER_TASKRUN: completions interrupt the program one by one';

describe.skipIf(skip !== undefined).each(VERSIONS)(named('liburing 2.$minor', skip), ({ minor, without }) => {
  let library = '';
  let env: Record<string, string> = {};
  let defers = false;
  beforeAll(() => {
    library = path.join(directory, `liburing-2.${minor}.so`);
    compileLibrary('liburing-old.c', library, [`MINOR=${minor}`]);
    env = { LSIO_LIBURING: library };
    const { ringFlags } = documentOf(runLsio(['doctor', '--json'])) as { ringFlags: string[] };
    defers = without.length === 0 && ringFlags.includes('DEFER_TASKRUN');
  });

  test('is enough for io_uring, buffered and direct, by one ring and by two', () => {
    const program = `
      const paths = Array.from({ length: 300 }, (_, index) => '${directory}/file-' + index);
      const contents = paths.map((_, index) =>
        Buffer.alloc(20_000, Buffer.from(Array.from({ length: 251 }, (_, at) => at + index))));
      for (const [index, path] of paths.entries()) fs.writeFileSync(path, contents[index]);
      const results = [];
      for (const rings of [1, 2]) {
        const engine = await openEngine({ engine: 'uring', rings });
        const buffered = await readAll(engine, paths);
        const direct = await readAll(engine, paths, { directAlignBytes: 4096 });
        await engine.close();
        const right = (answers) =>
          answers.filter((bytes, index) => Buffer.isBuffer(bytes) && bytes.equals(contents[index])).length;
        results.push([engine.info.rings, right(buffered), right(direct), engine.info.flags.includes('DEFER_TASKRUN')]);
      }
      console.log(JSON.stringify(results));`;
    expect(runChild(program, { env })).toEqual([
      [1, 300, 300, defers],
      [2, 300, 300, defers],
    ]);
  });

  test('lsio get reads with it, and has nothing to say', () => {
    mkdirSync(path.join(directory, 'tree'), { recursive: true });
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251));
    writeFileSync(path.join(directory, 'tree/a'), bytes);
    copyFileSync(path.join(directory, 'tree/a'), path.join(directory, 'tree/b'));
    const { status, stdout, stderr } = runLsio(['get', '--engine', 'uring', '-r', 'tree'], { cwd: directory, env });
    expect({ status, right: stdout.equals(Buffer.concat([bytes, bytes])) }).toEqual({ status: 0, right: true });
    expect(stderr).toMatch(/^2 items, 9\.77 KiB in .*, engine uring\n$/);
  });

  test('lsio doctor says what it lacks, and what that costs', () => {
    const [, row] = /^liburing +(.*)$/m.exec(runLsio(['doctor'], { env }).stdout.toString()) ?? [];
    expect(row).toBe(`${library}${without.length === 0 ? '' : ', without '}${without.join(', ')}`);
    const { engine, liburing, problems } = documentOf(runLsio(['doctor', '--json'], { env }));
    expect({ engine, liburing }).toEqual({
      engine: 'uring',
      liburing: {
        path: library,
        functions: {
          io_uring_register_files_sparse: minor >= 2,
          io_uring_register_ring_fd: minor >= 2,
          io_uring_submit_and_get_events: minor >= 3,
        },
      },
    });
    const remedy = 'Linux 6.1 or newer, with liburing 2.3 or newer';
    const said = (problems as { problem: string }[]).filter(({ problem }) => problem.includes('DEFER_TASKRUN'));
    expect(said).toEqual(defers ? [] : [{ problem: INTERRUPTS, remedy }]);
  });
});
