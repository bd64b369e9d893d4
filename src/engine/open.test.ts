import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { expectAnswer, readOne } from './conformance-kit.js';
import type { Engine } from './engine.js';
import { openEngine, QUEUE_DEPTH_LIMIT } from './open.js';

const path = fileURLToPath(import.meta.url);

async function expectReads(engine: Engine): Promise<void> {
  expectAnswer(await readOne(engine, { path }), readFileSync(path));
  await engine.close();
}

describe('openEngine()', () => {
  test.each([0, -1, 1.5, 1e9, QUEUE_DEPTH_LIMIT + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses queue depth %s, whichever engine is asked for',
    async (queueDepth) => {
      for (const engine of ['auto', 'uring', 'node'] as const) {
        await expect(openEngine({ engine, queueDepth })).rejects.toMatchObject({
          kind: 'usage',
          message: expect.stringContaining(`queue depth ${queueDepth} `),
        });
      }
    },
  );

  test('auto says which engine it took and why', async () => {
    const engine = await openEngine();
    const { info } = engine;
    expect(info.queueDepth).toBeGreaterThan(0);
    if (info.engine === 'uring') expect(info).toMatchObject({ reason: 'io_uring works here' });
    else expect(info.reason).not.toBe('');
    expect(info.remedy === undefined).toBe(info.engine === 'uring');
    await expectReads(engine);
  });

  test('node is what is asked for', async () => {
    const engine = await openEngine({ engine: 'node' });
    expect(engine.info).toMatchObject({ engine: 'node', reason: 'asked for', flags: [] });
    await expectReads(engine);
  });

  test('uring is what is asked for, or an error that says why not', async () => {
    try {
      const engine = await openEngine({ engine: 'uring' });
      expect(engine.info).toMatchObject({ engine: 'uring', reason: 'asked for' });
      await expectReads(engine);
    } catch (error) {
      if (!isLsioError(error, 'unavailable')) throw error;
      expect(error.message).toMatch(/io_uring|liburing|koffi/);
    }
  });

  test.each(['auto', 'node'] as const)('%s holds an explicit depth', async (name) => {
    for (const queueDepth of [1, 3, 1000]) {
      const engine = await openEngine({ engine: name, queueDepth });
      expect(engine.info.queueDepth).toBe(queueDepth);
      await expectReads(engine);
    }
  });
});
