import { LsioError } from '../errors.js';

/** What fio says that it did. */
export interface FioReport {
  readonly version: string;
  readonly reads: number;
  readonly bytesRead: number;
  /** fio's own clock, which counts milliseconds; at least one. */
  readonly wallNs: number;
  /** Of all its jobs. */
  readonly cpuUserNs: number;
  readonly cpuSystemNs: number;
  readonly contextSwitches: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
  /** From before its submission to after its completion, in nanoseconds, by percentile; undefined when fio was told not to measure it. */
  readonly latencyNs: FioLatency | undefined;
  /** The errno that ended it, or 0. */
  readonly errno: number;
}

export interface FioLatency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
}

const NS_PER_MS = 1e6;
/** The keys of the percentiles in fio's JSON, which it writes with six decimals. */
const PERCENTILES = {
  p50: '50.000000',
  p90: '90.000000',
  p99: '99.000000',
  p999: '99.900000',
  p9999: '99.990000',
} as const;

/**
 * Reads fio's JSON output, past notes that fio may have written before and after it.
 *
 * @throws {LsioError} `unavailable` when it isn't what fio writes.
 */
export function parseFioJson(output: string): FioReport {
  const root = asObject(parseJson(output), 'the output');
  const jobs = root.jobs;
  // All jobs report as one group.
  if (!Array.isArray(jobs) || jobs.length !== 1) throw broken('jobs');
  const job = asObject(jobs[0], 'jobs[0]');
  const read = asObject(job.read, 'read');
  const jobNs = asCount(job.job_runtime, 'job_runtime') * NS_PER_MS;
  if (typeof root['fio version'] !== 'string') throw broken('fio version');
  return {
    version: root['fio version'],
    reads: asCount(read.total_ios, 'total_ios'),
    bytesRead: asCount(read.io_bytes, 'io_bytes'),
    wallNs: Math.max(1, asCount(read.runtime, 'runtime')) * NS_PER_MS,
    cpuUserNs: Math.round((asCount(job.usr_cpu, 'usr_cpu') / 100) * jobNs),
    cpuSystemNs: Math.round((asCount(job.sys_cpu, 'sys_cpu') / 100) * jobNs),
    contextSwitches: asCount(job.ctx, 'ctx'),
    pageFaults: asCount(job.minf, 'minf') + asCount(job.majf, 'majf'),
    majorPageFaults: asCount(job.majf, 'majf'),
    latencyNs: latencyOf(read),
    errno: asCount(job.error, 'error'),
  };
}

function latencyOf(read: Readonly<Record<string, unknown>>): FioLatency | undefined {
  if (read.lat_ns === undefined) return undefined;
  const { percentile } = asObject(read.lat_ns, 'lat_ns');
  if (percentile === undefined) return undefined;
  const values = asObject(percentile, 'percentile');
  const entries = Object.entries(PERCENTILES).map(([name, key]) => [name, asCount(values[key], `percentile ${key}`)]);
  return Object.fromEntries(entries) as FioLatency;
}

function parseJson(output: string): unknown {
  const begin = output.search(/^\{/m);
  const end = output.lastIndexOf('\n}');
  if (begin < 0 || end < begin) throw broken('JSON');
  try {
    return JSON.parse(output.slice(begin, end + 2));
  } catch (error) {
    throw broken('JSON', error);
  }
}

function asObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw broken(name);
}

function asCount(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw broken(name);
}

function broken(name: string, cause?: unknown): LsioError {
  return new LsioError('unavailable', `fio's output is not what fio 3 writes: ${name}`, {
    remedy: 'apt-get install fio',
    cause,
  });
}
