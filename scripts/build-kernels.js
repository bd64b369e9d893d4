#!/usr/bin/env node
// Compiles the AssemblyScript kernels to src/kernels/module.ts. Usage: build-kernels [--check]
// The module is a string in a TypeScript file and not a .wasm file: a bundler of lsio's user takes it along,
// tsc copies it to dist, and no path has to be found at run time. --check fails unless the build gives the same file.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(root, 'src/kernels/module.ts');

const text = moduleText(await compile());
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write(
      'src/kernels/module.ts is not what src/kernels/assembly compiles to: run scripts/build-kernels\n',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}

/** @returns {Promise<Uint8Array>} */
async function compile() {
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main(
    [
      'src/kernels/assembly/index.ts',
      '--outFile',
      'kernels.wasm',
      // Speed first; the stub runtime and no assertions: the kernels allocate nothing.
      '-O3',
      '--converge',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--noExportMemory',
      '--initialMemory',
      '0',
      '--enable',
      'simd',
      '--disable',
      'mutable-globals',
      '--use',
      'abort=',
    ],
    {
      readFile: (name, baseDir) => readIfThere(path.resolve(root, baseDir, name)),
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm') && typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    process.stderr.write(stderr.toString());
    throw new Error('the kernels do not compile', { cause: error });
  }
  return binary;
}

/** @param {string} name */
function readIfThere(name) {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return null;
  }
}

/** @param {Uint8Array} binary */
function moduleText(binary) {
  return `// Written by scripts/build-kernels from src/kernels/assembly: do not edit. CI checks that the build reproduces it.
/** The WebAssembly module, ${binary.length} bytes in base64. */
export const KERNELS_BASE64 =
  '${Buffer.from(binary).toString('base64')}';
`;
}
