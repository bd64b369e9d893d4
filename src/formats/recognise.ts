/** What a file is, by its first bytes. */
export type FileFormat = 'zip' | 'json' | 'unknown';

/** Formats that lsio knows and does not read, each with the way to its data. */
interface Refused {
  readonly name: string;
  readonly way: string;
  /** What such a file begins with, as latin1. */
  readonly magic: readonly string[];
}

const REFERENCES = 'make references of it with kerchunk or VirtualiZarr and read those';

const REFUSED: readonly Refused[] = [
  { name: 'HDF5 or NetCDF-4', way: REFERENCES, magic: ['\x89HDF\r\n\x1a\n'] },
  { name: 'NetCDF', way: REFERENCES, magic: ['CDF\x01', 'CDF\x02', 'CDF\x05'] },
  { name: 'HDF4', way: REFERENCES, magic: ['\x0e\x03\x13\x01'] },
  {
    name: 'TIFF (COG)',
    way: 'make references of it with tifffile or VirtualiZarr, or convert it: gdal_translate -of Zarr',
    magic: ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'],
  },
  { name: 'Parquet (kerchunk)', way: 'write the references as JSON with kerchunk', magic: ['PAR1'] },
];

/** Bytes from the beginning of a file that tell its format. */
export const HEAD_BYTES = 64;

/** @param head the first {@link HEAD_BYTES} of a file. */
export function fileFormat(head: Uint8Array): FileFormat {
  const text = latin1(head);
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return 'zip';
  return /^(?:\xef\xbb\xbf)?\s*\{/.test(text) ? 'json' : 'unknown';
}

/** The format that is known and not read, if it is one. */
export function refusedFormat(head: Uint8Array): { readonly name: string; readonly way: string } | undefined {
  const text = latin1(head);
  return REFUSED.find(({ magic }) => magic.some((start) => text.startsWith(start)));
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** The same of a directory, by what lies in it. */
export function refusedDirectory(
  names: readonly string[],
): { readonly name: string; readonly way: string } | undefined {
  if (names.includes('attributes.json')) {
    return { name: 'N5', way: 'convert it to Zarr, for example with zarr-python or n5-utils' };
  }
  if (names.includes('snapshots/') && names.includes('manifests/')) {
    return { name: 'icechunk', way: 'read it with icechunk, or write its references with VirtualiZarr' };
  }
  const isParquet =
    names.includes('.zmetadata') && names.some((name) => name.endsWith('.parq') || name.endsWith('.parquet'));
  return isParquet ? { name: 'kerchunk parquet', way: 'write the references as JSON with kerchunk' } : undefined;
}
