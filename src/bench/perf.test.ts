import { expect, test } from 'vitest';
import { parsePerfStat } from './perf.js';

test('parsePerfStat() takes what was counted, and leaves out what was not', () => {
  const output = `0.69;msec;task-clock;686032;100.00;0.369;CPUs utilized
<not supported>;;cycles;0;100.00;;
<not counted>;;instructions;0;0.00;;
50;;page-faults:u;686032;100.00;72.883;K/sec

1;;context-switches;686032;100.00;1.458;K/sec
`;
  expect(parsePerfStat(output)).toEqual({ 'task-clock': 0.69, 'page-faults': 50, 'context-switches': 1 });
  expect(parsePerfStat('perf: command not found')).toEqual({});
});
