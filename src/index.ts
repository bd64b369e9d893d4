/// <reference lib="esnext.disposable" preserve="true" />

export type { Signal } from './abort.js';
export type { DType, Field, TimeStep } from './array/dtype.js';
export { type ElementArray, type ElementValue, elementValue, scalarValue, viewElements } from './array/elements.js';
export type { Scalar } from './array/scalar.js';
export type { AxisRun, AxisSelection, Selection } from './array/selection.js';
export { type CropBatch, type CropsOptions, crops } from './compute/crops.js';
export { type ArrayData, type ReadCounts, type ReadOptions, readArray } from './compute/read.js';
export type { Histogram, Values } from './compute/result-table.js';
export { parseSelection, type SelectionTexts } from './compute/select.js';
export { computeStatistics, type Statistics, type StatisticsOptions } from './compute/statistics.js';
export { withDecoding, type ZarritaExtension } from './compute/with-decoding.js';
export type { JobCounts } from './compute/workers/claims.js';
export type { WorkersChoice } from './compute/workers/run-job.js';
export type { EngineInfo, EngineName } from './engine/engine.js';
export type { EngineOptions } from './engine/open.js';
export { type ErrorKind, isLsioError, LsioError } from './errors.js';
export type { ChunkedArray } from './formats/chunked-array.js';
export type { DecodeOptions } from './formats/grib/decode.js';
export type { FieldKeys } from './formats/grib/describe.js';
export type { GribFaultCode } from './formats/grib/fault.js';
export type { GribField } from './formats/grib/field.js';
export { decodeGrib, type GribStore, type OpenField, openGrib } from './formats/grib/open.js';
export type { ScanOptions } from './formats/grib/scan.js';
export type { FieldSelection } from './formats/grib/select.js';
export type { FieldValues } from './formats/grib/values.js';
export type { OpenSourceOptions } from './formats/open-options.js';
export { openSource } from './formats/open-source.js';
export type { ArraySource, ListedArray, ListedGroup } from './formats/source.js';
export type { OwnedBytes } from './memory/owned.js';
export type { Coalesce } from './plan/coalesce.js';
export type { ByteRange } from './range.js';
export type { Lease, ReadFailure, ReadItem, ReadValue } from './read/item.js';
export type { ReadBatch, ReadBatches } from './read/read-many.js';
export { type AsyncBuffer, asAsyncBuffer } from './store/async-buffer.js';
export type { AbsolutePath, Key } from './store/keys.js';
export type { ReadOrder } from './store/local/device-order.js';
export type { DirectChoice } from './store/local/direct.js';
export { type LocalReadOptions, LocalStore, type LocalStoreOptions } from './store/local/local.js';
export { type OpenStoreOptions, openStore } from './store/open.js';
export { getRanges } from './store/ranges.js';
export type { AzureCredentials, RemoteOptions, S3Credentials } from './store/remote-options.js';
export type {
  GetManyOptions,
  GetOptions,
  GetRangeOptions,
  GetValueOptions,
  ListEntry,
  ListOptions,
  ObjectMeta,
  RequestOf,
  Store,
  StoreCapabilities,
  StoreRequest,
} from './store/store.js';
export { withLimit } from './store/wrap/limit.js';
export { withPrefix } from './store/wrap/prefix.js';
