import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Why no C program can be compiled, if none can. */
export const noCompiler: string | undefined =
  spawnSync('cc', ['--version']).status === 0 ? undefined : 'no C compiler: apt-get install gcc libc6-dev';

/** Compiles a file of C of this folder into a shared library. @param defines such as `MINOR=2`. */
export function compileLibrary(source: string, output: string, defines: readonly string[] = []): void {
  const file = path.join(import.meta.dirname, source);
  const options = ['-O1', '-Wall', '-Werror', '-shared', '-fPIC', ...defines.map((define) => `-D${define}`)];
  const { status, stderr } = spawnSync('cc', [...options, '-o', output, file, '-ldl'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} does not compile: ${stderr}`);
}
