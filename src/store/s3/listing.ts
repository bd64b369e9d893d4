import { decodeXml } from '../../engine/http/redact.js';
import { LsioError } from '../../errors.js';
import { decodeKey, timeOf } from '../remote.js';

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date | undefined;
  readonly etag: string | undefined;
}

/** A page of `list-type=2`. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** Prefixes up to the delimiter, where one was asked for. */
  readonly prefixes: readonly string[];
  /** Undefined on the last page. */
  readonly token: string | undefined;
}

/**
 * Reads a page of an S3 listing. Keys come percent-encoded (`encoding-type=url`), since XML can't hold all of them.
 *
 * @throws {LsioError} `format` when it is none
 */
export function parseListing(xml: string): ListPage {
  if (!/<ListBucketResult[\s>]/.test(xml)) throw new LsioError('format', 'the answer is no S3 listing');
  const isEncoded = elementOf(xml, 'EncodingType')?.toLowerCase() === 'url';
  const decode = (text: string) => (isEncoded ? decodeKey(text.replaceAll('+', ' ')) : text);
  const objects = elements(xml, 'Contents').map((entry) => {
    const size = Number(elementOf(entry, 'Size'));
    const key = elementOf(entry, 'Key');
    if (key === undefined || !Number.isSafeInteger(size) || size < 0) {
      throw new LsioError('format', 'an entry of the S3 listing has no key or no size');
    }
    const modified = timeOf(elementOf(entry, 'LastModified'));
    return { key: decode(key), size, modified, etag: elementOf(entry, 'ETag') };
  });
  const prefixes = elements(xml, 'CommonPrefixes').map((entry) => decode(elementOf(entry, 'Prefix') ?? ''));
  const isTruncated = elementOf(xml, 'IsTruncated') === 'true';
  const token = isTruncated ? elementOf(xml, 'NextContinuationToken') : undefined;
  if (isTruncated && token === undefined) throw new LsioError('format', 'a page of the S3 listing names no next one');
  return { objects, prefixes, token };
}

function elements(xml: string, name: string): string[] {
  const found: string[] = [];
  const open = `<${name}>`;
  const close = `</${name}>`;
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, at)) {
    const end = xml.indexOf(close, at);
    if (end < 0) throw new LsioError('format', 'the S3 listing is cut off');
    found.push(xml.slice(at + open.length, end));
    at = end + close.length;
  }
  return found;
}

function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined ? undefined : decodeXml(found);
}
