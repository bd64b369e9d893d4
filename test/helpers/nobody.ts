import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** A user without rights, and the group of such. */
export const NOBODY = 65_534;

/** Why no test can become nobody, if none can. */
export const notNobody: string | undefined = process.getuid?.() === 0 ? undefined : 'only root can become another user';

/** A program that nobody may run: this checkout and this Node, or copies of them. */
export interface PublicProgram {
  readonly root: string;
  readonly node: string;
  readonly lsio: string;
}

let made: PublicProgram | undefined;

/**
 * The program where nobody can run it. A checkout below /root (mode 700), or a Node in a home directory, is copied to the
 * directory of temporary files; the copy goes when this process ends.
 */
export function publicProgram(): PublicProgram {
  made ??= makePublic();
  return made;
}

/** A file of the checkout where nobody can read it: itself or a copy. */
export function publicFile(file: string): string {
  const { root } = publicProgram();
  if (root === ROOT) return file;
  const copy = path.join(root, path.basename(file));
  copyFileSync(file, copy);
  return copy;
}

function makePublic(): PublicProgram {
  const mayUse = (file: string, how: string) =>
    spawnSync('test', [how, file], { uid: NOBODY, gid: NOBODY }).status === 0;
  const nodeIsPublic = mayUse(process.execPath, '-x');
  const rootIsPublic = mayUse(path.join(ROOT, 'dist/bundle/main.js'), '-r');
  const copy = nodeIsPublic && rootIsPublic ? ROOT : publicDirectory();
  const root = rootIsPublic ? ROOT : copy;
  const node = nodeIsPublic ? process.execPath : path.join(copy, 'node');
  if (!nodeIsPublic) linkOrCopy(process.execPath, node);
  if (!rootIsPublic)
    for (const file of programFiles()) cpSync(path.join(ROOT, file), path.join(root, file), { recursive: true });
  return { root, node, lsio: path.join(root, 'bin/lsio.js') };
}

function publicDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-public-'));
  chmodSync(directory, 0o755);
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a user has after installing: the program and the packages that it needs. */
function programFiles(): string[] {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const installed = Object.entries(packages as Record<string, { dev?: boolean }>)
    .filter(([name, { dev = false }]) => name !== '' && !dev && existsSync(path.join(ROOT, name)))
    .map(([name]) => name);
  return ['bin', 'dist', 'package.json', ...installed];
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
