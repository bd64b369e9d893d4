import { isJsonObject, type JsonObject, type JsonValue } from '../../array/exact-json.js';

/**
 * The arrays of a multiscale image, the largest first, as paths below its group: OME-Zarr's `multiscales`, 0.1 to 0.5.
 *
 * @returns undefined if the group's attributes say nothing of the kind.
 * @see https://ngff.openmicroscopy.org/0.5/#multiscale-md
 */
export function multiscaleLevels(attributes: JsonObject): string[] | undefined {
  const own: JsonValue | undefined = isJsonObject(attributes.ome) ? attributes.ome.multiscales : attributes.multiscales;
  const [first] = Array.isArray(own) ? own : [];
  if (!isJsonObject(first) || !Array.isArray(first.datasets)) return undefined;
  const paths = first.datasets.map((dataset: JsonValue) => (isJsonObject(dataset) ? dataset.path : undefined));
  return paths.every((path) => typeof path === 'string') ? (paths as string[]) : undefined;
}
