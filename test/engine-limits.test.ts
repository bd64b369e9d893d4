import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockSyscallsLauncher } from './helpers/block-syscalls.js';
import { named, noUring, runChild } from './helpers/engine-child.js';
import { notNobody } from './helpers/nobody.js';

const launcher = blockSyscallsLauncher();

const TRY_ALL = `console.log(JSON.stringify([await tryOpen({ engine: 'auto' }), await tryOpen({ engine: 'uring' })]));`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-limits-'));
  chmodSync(directory, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('openEngine() without io_uring', () => {
  test.each([
    ['liburing.so.9', /^liburing\.so\.9 can't be loaded: /],
    ['libm.so.6', /^libm\.so\.6 is not a liburing that lsio can use: .*io_uring_queue_init_params/],
  ])('falls back when liburing is %s, or says what to install', (library, why) => {
    const [auto, uring] = runChild(TRY_ALL, { env: { LSIO_LIBURING: library } }) as [object, object];
    const remedy = expect.stringMatching(/^apt-get install liburing2/);
    expect(auto).toMatchObject({ engine: 'node', reason: expect.stringMatching(why), remedy, right: true });
    expect(uring).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(why), remedy });
  });

  const cases: [calls: string, error: string, why: RegExp, remedy: RegExp][] = [
    ['425', 'EPERM', /^io_uring_setup: .*EPERM.*(seccomp|io_uring_disabled)/, /seccomp|sysctl/],
    ['425', 'ENOSYS', /^io_uring_setup: .*ENOSYS.*no io_uring/, /^Linux/],
    ['426', 'EPERM', /^io_uring_enter: .*EPERM/, /--engine node/],
    ['427', 'EPERM', /^io_uring_register .*EPERM/, /seccomp/],
    ['425 426 427', 'EPERM', /^io_uring_setup: .*EPERM/, /seccomp|sysctl/],
  ];
  const skip = launcher.skip ?? noUring;
  test.skipIf(skip !== undefined).each(cases)(
    named('falls back when system call %s fails with %s, or says how to allow it', skip),
    (calls, error, why, remedy) => {
      const under = [launcher.path!, error, ...calls.split(' '), '--'];
      const [auto, uring] = runChild(TRY_ALL, { under }) as [object, object];
      const text = { reason: expect.stringMatching(why), remedy: expect.stringMatching(remedy) };
      expect(auto).toMatchObject({ engine: 'node', right: true, ...text });
      expect(uring).toMatchObject({ kind: 'unavailable', message: text.reason, remedy: text.remedy });
    },
  );
});

describe('openEngine() with few descriptors', () => {
  test.each(['auto', 'node'])('%s says how many it needs when there are hardly any', (engine) => {
    const answer = runChild(`console.log(JSON.stringify(await tryOpen({ engine: '${engine}' })));`, {
      shell: 'ulimit -n 40',
    });
    expect(answer).toMatchObject({
      kind: 'unavailable',
      code: 'EMFILE',
      message: expect.stringMatching(/^40 open files/),
    });
    expect(answer).toMatchObject({ remedy: expect.stringMatching(/^ulimit -n \d+$/) });
  });

  test('an explicit depth is kept or refused, never lowered', () => {
    const program = `console.log(JSON.stringify(await Promise.all([30, 64].map((queueDepth) => tryOpen({ queueDepth })))));`;
    const [small, large] = runChild(program, { shell: 'ulimit -n 100' }) as [object, object];
    expect(small).toMatchObject({ queueDepth: 30, right: true });
    expect(large).toMatchObject({
      kind: 'unavailable',
      message: '100 open files are allowed, queue depth 64 needs 129',
      remedy: 'ulimit -n 129, or --queue-depth 35',
    });
  });

  test.each(['auto', 'node'])('%s reads more files than may be open', (engine) => {
    const program = `
      const paths = Array.from({ length: 2000 }, (_, index) => '${directory}/few-' + index);
      for (const [index, path] of paths.entries()) fs.writeFileSync(path, 'file ' + index);
      const engine = await openEngine({ engine: '${engine}' });
      const answers = await readAll(engine, paths);
      const shared = paths.slice(0, 500).map((path) => engine.share(path));
      const names = await readAll(engine, [...shared, ...shared].map((file) => ({ file, offset: 5, length: 10 })));
      const right = names.filter((bytes, index) => String(bytes) === String(index % 500)).length;
      await engine.close();
      const wrong = answers.filter((bytes, index) => String(bytes) !== 'file ' + index);
      console.log(JSON.stringify({ wrong, right, left: fs.readdirSync('/proc/self/fd').length }));`;
    const { wrong, right, left } = runChild(program, { shell: 'ulimit -n 100' }) as Record<string, unknown>;
    expect(wrong).toEqual([]);
    expect(right).toBe(1000);
    expect(left).toBeLessThan(64);
  });
});

describe('the memory that reads land in', () => {
  const program = (engine: string, options: string) => `
    const { wasmMemoryOf } = await import('ROOT/dist/memory/wasm-slab.js');
    const engine = await openEngine({ engine: '${engine}'${options} });
    let wasm;
    const bytes = fs.readFileSync('ROOT/package.json');
    const answers = await readAll(engine, Array(300).fill('ROOT/package.json'), {}, (slots) => {
      wasm = wasmMemoryOf(slots.memory) !== undefined;
    });
    const right = answers.filter((answer) => Buffer.isBuffer(answer) && answer.equals(bytes)).length;
    await engine.close();`;
  const SETUPS = [
    { engine: 'uring', skip: noUring },
    { engine: 'node', skip: undefined },
  ];

  for (const { engine, skip } of SETUPS) {
    test.skipIf(skip !== undefined)(named(`of ${engine} is WebAssembly's`, skip), () => {
      const body = `${program(engine, '')} console.log(JSON.stringify({ right, wasm }));`;
      expect(runChild(body)).toEqual({ right: 300, wasm: true });
    });

    test.skipIf(skip !== undefined)(named(`of ${engine} is another where that is forbidden`, skip), () => {
      const body = `${program(engine, '')} console.log(JSON.stringify({ right, wasm }));`;
      expect(runChild(body, { shell: 'ulimit -v 6000000' })).toEqual({ right: 300, wasm: false });
    });
  }

  test.skipIf(noUring !== undefined).each([
    ['', false],
    [", slab: 'webassembly'", true],
  ])(named('on a thread, with options "%s"', noUring), (options, wasm) => {
    const file = path.join(directory, 'thread.mjs');
    const body = `
      import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        worker.on('message', (message) => console.log(message));
      } else {
        ${program('uring', options)}
        parentPort.postMessage(JSON.stringify({ right, wasm }));
      }`;
    expect(runChild(body, { file })).toEqual({ right: 300, wasm });
  });
});

describe('the portable engine keeps below the limit of open files', () => {
  // libuv closes a descriptor some time after it is asked, and the rest of the process may hold many.
  test.each([
    [100, 0],
    [256, 0],
    [320, 0],
    [512, 0],
    [256, 150],
  ])('of %i, of which the process holds %i', (limit, held) => {
    const program = `
      const held = Array.from({ length: ${held} }, () => fs.openSync('/dev/null'));
      const paths = Array.from({ length: 5000 }, (_, index) => '${directory}/many-' + index);
      for (const [index, path] of paths.entries()) fs.writeFileSync(path, 'file ' + index);
      const engine = await openEngine({ engine: 'node' });
      const answers = await readAll(engine, paths);
      await engine.close();
      const wrong = answers.filter((bytes, index) => String(bytes) !== 'file ' + index);
      console.log(JSON.stringify({ wrong, held: held.length }));`;
    expect(runChild(program, { shell: `ulimit -n ${limit}` })).toEqual({ wrong: [], held });
  });
});

describe.skipIf(notNobody !== undefined)(named('as nobody', notNobody), () => {
  test.each(['auto', 'node'])('%s says EACCES for what may not be read, and reads the rest', (engine) => {
    writeFileSync(path.join(directory, 'readable'), 'readable');
    writeFileSync(path.join(directory, 'secret'), 'secret', { mode: 0o600 });
    const program = `
      const engine = await openEngine({ engine: '${engine}' });
      const answers = await readAll(engine, ['readable', 'secret', 'readable'].map((name) => '${directory}/' + name));
      await engine.close();
      console.log(JSON.stringify(answers.map(String)));`;
    expect(runChild(program, { asNobody: true })).toEqual(['readable', '13', 'readable']);
  });

  test.skipIf(noUring !== undefined)(
    named('registers a quarter of what may be locked, and reads beyond it', noUring),
    () => {
      const bytes = Buffer.alloc(8 * 2 ** 20);
      for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
      const file = path.join(directory, 'large');
      writeFileSync(file, bytes);
      const program = `
      const [{ KernelQueues }, { MappedSlab }] = await Promise.all(
        ['uring/kernel-queues', 'memory/mapped-slab'].map((name) => import('ROOT/dist/' + name + '.js')));
      const queues = KernelQueues.create({ entries: 8, files: 8 }, new MappedSlab(64 * 2 ** 20));
      queues.registerSlab();
      const registered = queues.fixedBytes;
      queues.release(true);
      const engine = await openEngine({ engine: 'uring', queueDepth: 32 });
      const large = engine.share('${file}', { directAlignBytes: 4096 });
      const asks = Array.from({ length: 32 }, (_, index) => ({ file: large, offset: index * 2 ** 18, length: 2 ** 18 }));
      const answers = await readAll(engine, asks);
      large.close();
      await engine.close();
      const whole = fs.readFileSync('${file}');
      const wrong = answers.flatMap((answer, index) =>
        Buffer.isBuffer(answer) && answer.equals(whole.subarray(index * 2 ** 18, (index + 1) * 2 ** 18)) ? [] : [index]);
      console.log(JSON.stringify({ registered, wrong }));`;
      for (const kib of [8192, 2400]) {
        const answer = runChild(program, { asNobody: true, shell: `ulimit -l ${kib}` });
        expect(answer).toEqual({ registered: kib * 256, wrong: [] });
      }
    },
  );

  test.skipIf(noUring !== undefined)(
    named('a small limit of locked memory halves the implicit depth, and refuses an explicit one', noUring),
    () => {
      const program = `console.log(JSON.stringify([await tryOpen({ engine: 'uring' }), await tryOpen({ engine: 'uring', queueDepth: 2048 })]));`;
      const [implicit, explicit] = runChild(program, { asNobody: true, shell: 'ulimit -l 32' }) as [
        { queueDepth: number; reason: string },
        object,
      ];
      // Kernels from 5.12 to 6.13 don't count rings against this limit.
      if (implicit.queueDepth < 256) {
        expect(implicit).toMatchObject({ engine: 'uring', right: true, reason: expect.stringContaining('ulimit -l') });
        expect(explicit).toMatchObject({
          kind: 'unavailable',
          code: 'ENOMEM',
          remedy: expect.stringContaining('ulimit -l'),
        });
      } else expect(implicit).toMatchObject({ engine: 'uring', queueDepth: 256, right: true });
      expect(
        runChild(`console.log(JSON.stringify(await tryOpen({ engine: 'uring' })));`, {
          asNobody: true,
          shell: 'ulimit -l 64',
        }),
      ).toMatchObject({
        queueDepth: implicit.queueDepth < 256 ? 128 : 256,
        right: true,
      });
    },
  );
});
