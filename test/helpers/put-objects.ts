import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { signSharedKey } from '../../src/store/azure/sign.js';
import { keyPath, signV4 } from '../../src/store/s3/sign.js';

/** The account of Azurite, and the key that its documentation publishes. */
export const AZURITE = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

/** A server that speaks S3, such as `KEY:SECRET@http://host:port`; undefined for an empty text. */
export function s3Server(text: string | undefined) {
  const [, accessKeyId, secretAccessKey = '', endpoint = ''] = /^([^@]*):([^:@]*)@(.*)$/.exec(text ?? '') ?? [];
  return accessKeyId === undefined ? undefined : { accessKeyId, secretAccessKey, endpoint };
}

/** Names of all files below a directory, with slashes. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
}

/** Makes a bucket of all files below a directory. */
export async function putBucket(
  { endpoint, ...credentials }: NonNullable<ReturnType<typeof s3Server>>,
  bucket: string,
  directory: string,
): Promise<void> {
  const put = async (where: string, body?: Uint8Array<ArrayBuffer>) => {
    const url = new URL(`${endpoint}/${where}`);
    const signed = signV4({ method: 'PUT', url, headers: {} }, credentials, 'us-east-1', new Date());
    await send(url, signed.headers, body);
  };
  await put(bucket);
  for (const name of filesBelow(directory)) await put(`${bucket}/${keyPath(name)}`, contentOf(directory, name));
}

/** Makes a container of all files below a directory. */
export async function putContainer(endpoint: string, container: string, directory: string): Promise<void> {
  const put = async (where: string, body?: Uint8Array<ArrayBuffer>) => {
    const url = new URL(`${endpoint}/${where}`);
    const headers = body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob', 'content-length': `${body.length}` };
    const signed = signSharedKey({ method: 'PUT', url, headers }, AZURITE.account, AZURITE.key, new Date());
    // fetch writes the length itself.
    const { 'content-length': _, ...sent } = signed.headers as Record<string, string>;
    await send(url, sent, body);
  };
  await put(`${container}?restype=container`);
  for (const name of filesBelow(directory)) {
    await put(`${container}/${name.split('/').map(encodeURIComponent).join('/')}`, contentOf(directory, name));
  }
}

function contentOf(directory: string, name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path.join(directory, name)));
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { status } = await fetch(url, { method: 'PUT', headers, body: body ?? null });
  // A bucket may be there from a test before.
  if (![200, 201, 409].includes(status)) throw new Error(`PUT ${url.pathname}: ${status}`);
}
