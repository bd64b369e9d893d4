import { expect, test } from 'vitest';
import { axisKind } from './axis-kind.js';

test.each([
  ['lon', {}, 'longitude'],
  ['g/Latitude', {}, 'latitude'],
  ['a', { units: 'degrees_east' }, 'longitude'],
  ['a', { units: 'degree_N' }, 'latitude'],
  ['a', { units: 'degreesE' }, 'longitude'],
  ['a', { standard_name: 'projection_y_coordinate', units: 'm' }, 'y'],
  ['a', { standard_name: 'latitude' }, 'latitude'],
  ['lon', { units: 'm' }, undefined],
  ['x', {}, undefined],
  ['time', { units: 'hours since 2000-01-01' }, undefined],
])('axisKind(%j, %j) is %s', (name, attributes, kind) => expect(axisKind(name, attributes)).toBe(kind));
