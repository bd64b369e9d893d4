import { expect, test } from 'vitest';
import * as api from './index.js';

test('the package exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'LocalStore',
    'LsioError',
    'decodeGrib',
    'elementValue',
    'isLsioError',
    'openEngine',
    'openGrib',
    'openSource',
    'parseSelection',
    'readArray',
    'readMany',
    'scalarValue',
    'viewElements',
  ]);
});
