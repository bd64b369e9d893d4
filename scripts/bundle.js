#!/usr/bin/env node
/*
 * Makes dist/bundle out of dist: the program in a few files that Node loads by require. The same as some sixty ES modules
 * take it 40 ms longer to start. The library stays as it is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

await build({
  // What src/bench/child-runner.ts, src/uring/ and src/output/files-writer.ts start, under these very names.
  input: {
    main: 'dist/cli/main.js',
    child: 'dist/bench/child.js',
    'ring-thread': 'dist/uring/ring-thread.js',
    'writer-thread': 'dist/output/writer-thread.js',
  },
  platform: 'node',
  external: Object.keys(dependencies),
  logLevel: 'warn',
  output: { dir: 'dist/bundle', format: 'cjs', chunkFileNames: '[name].js' },
});
writeFileSync('dist/bundle/package.json', '{ "type": "commonjs" }\n');
