import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PROGRAMS = ['/usr/sbin/slurmctld', '/usr/sbin/slurmd', '/usr/sbin/munged', '/usr/bin/sbatch'];
const READY_MS = 30_000;

/** Why there is no Slurm here; undefined if it can be started. */
export function whyNoSlurm(): string | undefined {
  if (process.getuid?.() !== 0) return 'Slurm is started as root';
  const isThere = PROGRAMS.every((program) => spawnSync('test', ['-x', program]).status === 0);
  return isThere ? undefined : 'apt-get install slurmctld slurmd slurm-client munge';
}

/** A Slurm of our own: a controller and two nodes, on ports and with a key that nobody else uses. */
export class Slurm {
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    const directory = this.#directory;
    for (const name of ['ctld', 'n1', 'n2']) mkdirSync(path.join(directory, name), { recursive: true });
    const key = path.join(directory, 'munge.key');
    writeFileSync(key, Buffer.alloc(128, 'lsio'), { mode: 0o600 });
    const socket = path.join(directory, 'munge.socket');
    const files = ['pid-file', 'log-file', 'seed-file'].map(
      (name) => `--${name}=${path.join(directory, `munge.${name}`)}`,
    );
    this.#spawn('/usr/sbin/munged', ['--foreground', '--force', `--key-file=${key}`, `--socket=${socket}`, ...files]);
    // Below the ports that the system gives to connections: one of them may be in use.
    const port = 10_000 + (process.pid % 5000) * 4;
    const host = os.hostname().split('.')[0];
    writeFileSync(
      path.join(directory, 'slurm.conf'),
      `ClusterName=lsio
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${port}
AuthType=auth/munge
AuthInfo=socket=${socket}
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${directory}/ctld
SlurmdSpoolDir=${directory}/%n
SlurmctldPidFile=${directory}/ctld.pid
SlurmdPidFile=${directory}/%n.pid
SlurmctldLogFile=${directory}/ctld.log
SlurmdLogFile=${directory}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
NodeName=n[1-2] NodeHostname=${host} NodeAddr=127.0.0.1 Port=[${port + 1}-${port + 2}] CPUs=1 RealMemory=500
PartitionName=p Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
`,
    );
    await this.#until('munge', () => spawnSync('munge', ['-n', `--socket=${socket}`]).status === 0);
    this.#spawn('/usr/sbin/slurmctld', ['-i', '-D']);
    for (const node of ['n1', 'n2']) this.#spawn('/usr/sbin/slurmd', ['-D', '-N', node]);
    await this.#until('two idle nodes', () => this.run('sinfo', ['-h', '-t', 'idle', '-o', '%D']).trim() === '2');
  }

  /** Runs one of Slurm's commands. */
  run(command: string, args: readonly string[]): string {
    const { stdout, stderr } = spawnSync(command, args, {
      env: this.#environment,
      encoding: 'utf8',
      cwd: this.#directory,
    });
    return stdout + stderr;
  }

  /** Submits a script, and waits for its end. */
  async submit(script: string, args: readonly string[] = []): Promise<void> {
    const file = path.join(this.#directory, 'job.sh');
    writeFileSync(file, script);
    const text = execFileSync('sbatch', ['--parsable', ...args, file], {
      env: this.#environment,
      encoding: 'utf8',
      cwd: this.#directory,
    });
    const job = text.trim().split(';')[0] ?? '';
    await this.#until(`the end of job ${job}`, () => this.run('squeue', ['-h', '-j', job]).trim() === '');
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, SLURM_CONF: path.join(this.#directory, 'slurm.conf') };
  }

  #spawn(command: string, args: readonly string[]): void {
    this.#children.push(spawn(command, args, { env: this.#environment, stdio: 'ignore' }));
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    for (const began = Date.now(); Date.now() - began < READY_MS; ) {
      if (isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`Slurm: no ${what} after ${READY_MS / 1000} s`);
  }
}
