import { describe } from 'vitest';
import { contentTests } from './conformance-content.js';
import { endTests } from './conformance-ends.js';
import type { OpenEngine } from './conformance-kit.js';
import { pathTests } from './conformance-paths.js';
import { runTests } from './conformance-runs.js';
import { suffixTests } from './conformance-suffix.js';

/**
 * What every engine must do, as tests.
 *
 * @param skipReason why the engine can't be had here; it is printed as part of the name of what is skipped.
 */
export function conformance(name: string, open: OpenEngine, skipReason?: string): void {
  const skipped = skipReason === undefined ? '' : ` (skipped: ${skipReason})`;
  describe.skipIf(skipReason !== undefined)(`${name}${skipped}`, () => {
    contentTests(open);
    suffixTests(open);
    pathTests(open);
    runTests(open);
    endTests(open);
  });
}
