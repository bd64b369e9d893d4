// Adds up vitest's JSON reports, names what was skipped or failed, and prints the sum alone on the last line.
// A report that is missing or unsound counts as one failure: a gate before the tests, or vitest itself, failed.
// Usage: sum-tests [--skipped REASON]... REPORT...
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * @typedef {{ fullName: string, status: string }} Test
 * @typedef {{ name: string, status: string, message: string, assertionResults: Test[] }} TestFile
 */

const { values, positionals } = parseArgs({
  options: { skipped: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const sum = { passed: 0, failed: 0, skipped: 0 };

for (const reason of values.skipped) count('skipped', reason);
for (const name of positionals) addReport(name);
if (positionals.length === 0) count('failed', 'no report');
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
if (sum.failed > 0) process.exitCode = 1;

/** @param {'failed' | 'skipped'} outcome @param {string} what */
function count(outcome, what) {
  sum[outcome]++;
  process.stdout.write(`${outcome}: ${what}\n`);
}

/** @param {string} name */
function addReport(name) {
  const run = path.basename(name, '.json');
  const report = readReport(name);
  if (report?.testResults === undefined) {
    count('failed', `${run}: the tests did not run to their end; the cause stands above`);
    return;
  }
  const failedBefore = sum.failed;
  for (const file of report.testResults) {
    for (const { fullName, status } of file.assertionResults) {
      if (status === 'passed') sum.passed++;
      else count(status === 'failed' ? 'failed' : 'skipped', `${run}: ${fullName}`);
    }
    // A file that can't be loaded fails without a failed test.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
      count('failed', `${run}: ${file.name}: ${file.message}`);
    }
  }
  // An error outside of any test, or no test at all.
  if (!report.success && sum.failed === failedBefore) count('failed', `${run}: the run; the cause stands above`);
}

/** @param {string} name @returns {{ success: boolean, testResults?: TestFile[] } | undefined} */
function readReport(name) {
  try {
    return JSON.parse(readFileSync(name, 'utf8'));
  } catch {
    return undefined;
  }
}
