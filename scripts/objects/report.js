/* The tables of bench-objects, in Markdown. */

/**
 * @typedef {object} ObjectsResult
 * @property {'lsio.objects/1'} schema
 * @property {Record<string, any>} environment
 * @property {number[]} load averages of 1, 5 and 15 minutes at the start
 * @property {number} runs
 * @property {ReturnType<typeof import('./measure.js').measureCell>[]} cells
 * @property {ReturnType<typeof import('./measure.js').measureLimited>} [limited]
 * @property {ReturnType<typeof import('./measure.js').measureMerging>[]} merging
 * @property {string[]} notes
 */

/** Of a cell whose name begins so: lsio's figure over the client's is at most this. @type {[string, string, 'wall' | 'cpu', number][]} */
const GOALS = [
  ['10,000 x 64', 'curl', 'wall', 1.1],
  ['4 KiB on loopback, 64 in flight', 'undici', 'cpu', 0.6],
  ['4 KiB on loopback, 64 in flight', 'wrk', 'cpu', 1.5],
  ['4 KiB on loopback, 64 in flight', 'zarrita', 'cpu', 1 / 8],
  ['256 KiB', 'undici', 'cpu', 0.6],
  ['256 KiB', 'wrk', 'cpu', 1.5],
];
const WALL_GOAL_NS = 1.15e9;

/** @param {string} name @param {boolean} isMet */
const verdict = (name, isMet) => `${name}: ${isMet ? 'met' : 'missed'}`;

/** @param {ObjectsResult} result */
export function renderObjects({ environment, load, runs, cells, limited, merging, notes }) {
  const { cpu, kernel, node } = environment;
  const lines = [
    `Medians of ${runs} runs, clients in turn, each in a process of its own, bytes compared; nginx on the same machine.`,
    `${cpu ?? ''}, Linux ${kernel ?? ''}, Node ${node ?? ''}; load ${load.map((value) => value.toFixed(1)).join(', ')} at the start.`,
  ];
  for (const cell of cells) lines.push('', ...cellLines(cell));
  if (limited !== undefined) {
    const { rangesPerSecond, refusedShare } = limited;
    const goal = [verdict('95 % of it', rangesPerSecond >= 1900), verdict('3 % refused', refusedShare <= 0.03)].join(
      ', ',
    );
    const used = `${rangesPerSecond.toFixed(0)} ranges a second, ${(refusedShare * 100).toFixed(1)} % refused`;
    lines.push('', `# A server that admits 2,000 requests a second, at 20 ms`, '', `${used}; ${goal}.`);
  }
  if (merging.length > 0) lines.push('', ...mergeLines(merging));
  if (notes.length > 0) lines.push('', ...notes.map((note) => `- ${note}`));
  return `${lines.join('\n')}\n`;
}

/** @param {ObjectsResult['cells'][number]} cell */
function cellLines({ name, results }) {
  const own = results.find(({ client }) => client === 'lsio');
  const rows = results.map(({ client, wallNs, cpuNsPerRange }) => {
    const wall = (own?.wallNs ?? 0) / wallNs;
    const cpu = (own?.cpuNsPerRange ?? 0) / cpuNsPerRange;
    const goals = GOALS.filter(([start, of]) => name.startsWith(start) && of === client).map(([, , what, most]) =>
      verdict(`${what} <= ${Number(most.toFixed(3))}`, (what === 'wall' ? wall : cpu) <= most),
    );
    if (client === 'lsio' && name.startsWith('10,000')) goals.push(verdict('1.15 s', wallNs <= WALL_GOAL_NS));
    const figures = [(wallNs / 1e9).toFixed(2), (cpuNsPerRange / 1e3).toFixed(1), wall.toFixed(2), cpu.toFixed(2)];
    return `| ${[client, ...figures, goals.join(', ')].join(' | ')} |`;
  });
  const head = ['client', 's', 'CPU us a range', 'lsio wall', 'lsio CPU', 'goal'];
  return [`# ${name}`, '', `| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows];
}

/** @param {ObjectsResult['merging']} merging */
function mergeLines(merging) {
  const rows = merging.map(({ inFlight, gapKib, autoNs = 0, offNs = 0, mergedNs = 0 }) => {
    const share = Math.min(offNs, mergedNs) / autoNs;
    const figures = [autoNs, offNs, mergedNs].map((ns) => (ns / 1e9).toFixed(2));
    return `| ${[inFlight, gapKib, ...figures, share.toFixed(2), verdict('>= 0.95', share >= 0.95)].join(' | ')} |`;
  });
  const head = ['in flight', 'gap KiB', 'auto s', 'one by one s', 'merged s', 'better / auto', 'goal'];
  return [
    '# 4,000 blocks of 4 KiB at 20 ms and 1 Gbit/s',
    '',
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows,
  ];
}
