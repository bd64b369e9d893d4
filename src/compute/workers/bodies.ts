import { cropsBody } from '../crops-body.js';
import { readBody } from '../read-body.js';
import { reduceBody } from '../reduce-segments.js';
import type { JobBody } from './job.js';

/** What workers can do, by name. */
export const BODIES = { crops: cropsBody, read: readBody, reduce: reduceBody } as const;

export type BodyName = keyof typeof BODIES;

export function bodyOf(name: BodyName): JobBody<unknown, unknown> {
  return BODIES[name] as JobBody<unknown, unknown>;
}
