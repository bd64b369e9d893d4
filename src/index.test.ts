import { expect, test } from 'vitest';
import * as api from './index.js';

test('the package exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'LocalStore',
    'LsioError',
    'asAsyncBuffer',
    'computeStatistics',
    'crops',
    'decodeGrib',
    'elementValue',
    'getRanges',
    'isLsioError',
    'openGrib',
    'openSource',
    'openStore',
    'parseSelection',
    'readArray',
    'scalarValue',
    'viewElements',
    'withDecoding',
    'withLimit',
    'withPrefix',
  ]);
});
