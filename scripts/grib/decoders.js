/* The decoders of GRIB against ecCodes' C library, field by field, in turn: CPU time of one thread, from memory. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { decodeField } from '../../dist/formats/grib/decode.js';
import { packingText } from '../../dist/formats/grib/packing-type.js';
import { runStepsOver } from '../../dist/formats/grib/reading.js';
import { walkMessages } from '../../dist/formats/grib/walk.js';

/** A new handle and a new array each time. */
const SOURCE = `
#include <eccodes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
int main(int argc, char **argv) {
  FILE *f = fopen(argv[1], "rb"); fseek(f, 0, SEEK_END); long n = ftell(f); rewind(f);
  char *m = malloc(n); if (fread(m, 1, n, f) != (size_t)n) return 1;
  int times;
  while (scanf("%d", &times) == 1) {
    double begin = now(); double check = 0; size_t size = 0;
    for (int i = 0; i < times; i++) {
      codes_handle *h = codes_handle_new_from_message(NULL, m, n);
      if (!h || codes_get_size(h, "values", &size)) return 2;
      double *v = malloc(size * sizeof(double));
      if (codes_get_double_array(h, "values", v, &size)) return 3;
      check += v[size / 2]; free(v); codes_handle_delete(h);
    }
    printf("%.9f %zu %g\\n", (now() - begin) / times, size, check); fflush(stdout);
  }
  return 0;
}
`;

/** Compiles the loop over ecCodes. @param {string} directory @returns the program */
export function compileLoop(directory) {
  const program = path.join(directory, 'loop');
  writeFileSync(`${program}.c`, SOURCE);
  execFileSync('gcc', ['-O2', '-o', program, `${program}.c`, '-leccodes'], { stdio: 'inherit' });
  return program;
}

/**
 * @param {string} program @param {string} file @param {string} number of the field @param {{ rounds: number, roundMs: number }} how
 * @returns {Promise<import('./report.js').DecoderRow>}
 */
export async function compareDecoders(program, file, number, { rounds: count, roundMs }) {
  const bytes = readFileSync(file);
  /** @type {import('../../dist/formats/grib/field.js').GribField[]} */
  const fields = [];
  const walk = walkMessages(bytes.length, {
    onMessage: (message) => fields.push(...message.fields),
    onFault: () => undefined,
  });
  runStepsOver(walk, bytes);
  const field = fields.find((one) => one.number === number);
  if (field === undefined) throw new Error(`${file} has no field ${number}`);
  const { offset, length } = field.message;
  const message = `${program}.message`;
  writeFileSync(message, bytes.subarray(offset, offset + length));
  const child = spawn(program, [message], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** @param {number} times */
  const theirs = async (times) => {
    child.stdin.write(`${times}\n`);
    const { value = '' } = await answers.next();
    return Number(value.split(' ')[0]);
  };
  /** @param {number} times */
  const ours = (times) => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) decodeField(field, { bytes, offset: 0 });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6 / times;
  };
  ours(5);
  const times = Math.max(1, Math.ceil(roundMs / 1000 / (await theirs(2))));
  const rounds = [];
  for (let round = 0; round < count; round++) rounds.push({ lsio: ours(times), eccodes: await theirs(times) });
  child.stdin.end();
  const points = decodeField(field, { bytes, offset: 0 }).length;
  return { field: packingText(field), file: path.basename(file), points, seconds: rounds };
}
