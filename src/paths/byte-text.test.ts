import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteTextOf, exactArguments, exactText, pathOf, textOf } from './byte-text.js';

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('byteTextOf()', () => {
  test('has the UTF-8 bytes of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(Buffer.from(byteTextOf(text), 'latin1').toString()).toBe(text);
        expect(textOf(byteTextOf(text))).toBe(text);
      }),
    );
  });
});

describe('exactText()', () => {
  test('is undone by byteTextOf(), also by way of JSON, for any bytes', () => {
    fc.assert(
      fc.property(anyBytes, (name) => {
        expect(byteTextOf(exactText(name))).toBe(name);
        expect(byteTextOf(JSON.parse(JSON.stringify(exactText(name))))).toBe(name);
      }),
    );
  });

  test.each([
    ['', ''],
    ['plain', 'plain'],
    ['\xc3\xbc', 'ü'],
    ['\xc3\xbc\xff', 'ü\udcff'],
    ['a\xffb', 'a\udcffb'],
    ['\xef\xbf\xbd', '\ufffd'],
    ['\xef\xbf\xbd\xfe', '\ufffd\udcfe'],
    // Cut off, overlong, a surrogate, beyond the last character.
    ['\xe2\x82', '\udce2\udc82'],
    ['\xc0\xaf', '\udcc0\udcaf'],
    ['\xed\xb2\x80', '\udced\udcb2\udc80'],
    ['\xf4\x90\x80\x80', '\udcf4\udc90\udc80\udc80'],
    ['\xf0\x9f\x98\x80\x80', '😀\udc80'],
  ])('%j is %j, as os.fsdecode() has it', (name, text) => {
    expect(exactText(name)).toBe(text);
  });
});

describe('pathOf()', () => {
  test('keeps every byte, and ASCII as text', () => {
    fc.assert(
      fc.property(anyBytes, (name) => {
        const path = pathOf(name);
        expect(Buffer.from(path as string).toString('latin1')).toBe(name);
        expect(typeof path === 'string').toBe(Buffer.from(name, 'latin1').every((byte) => byte < 128));
      }),
    );
  });
});

describe('textOf()', () => {
  test('replaces what is not UTF-8', () => {
    expect(textOf('a\xff\xc3\xbc')).toBe('a\ufffdü');
  });
});

describe('exactArguments()', () => {
  test('returns arguments that are whole as they are', () => {
    const args = ['a', 'ü', '--', ''];
    expect(exactArguments(args)).toBe(args);
  });

  test('returns a replaced character that was typed as it is', () => {
    expect(exactArguments(['\ufffd'])).toEqual(['\ufffd']);
  });

  test.skipIf(process.platform !== 'linux')('gives back the bytes that Node replaced', () => {
    const program = `
      const { byteTextOf, exactArguments } = await import('${import.meta.dirname}/../../dist/paths/byte-text.js');
      console.log(JSON.stringify(exactArguments(process.argv.slice(1)).map((arg) => byteTextOf(arg))));`;
    const script = '"$0" --input-type=module -e "$1" -- a "$(printf "\\xff\\xfe b")" ü "$(printf "\\xc3\\xbc\\xc3")"';
    const output = execFileSync('bash', ['-c', script, process.execPath, program], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual(['a', '\xff\xfe b', '\xc3\xbc', '\xc3\xbc\xc3']);
  });
});
