import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoText, LsioError } from '../errors.js';
import { partOf } from './cases.js';
import { dataFiles, type Manifest, readManifest } from './manifest.js';
import { fileSeed, findMismatch } from './pattern.js';
import type { Workload, WorkloadFile } from './workload.js';
