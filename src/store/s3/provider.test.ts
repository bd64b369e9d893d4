import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../engine/http/message.js';
import { pagedClient } from '../paged-client.testing.js';
import type { RemotePage } from '../remote.js';
import { parseListing } from './listing.js';
import { S3Provider } from './s3.js';

const KEYS = { accessKeyId: 'AKIAABCDEFGHIJ7Q', secretAccessKey: 'planted-secret' };
const request = (url: URL): HttpRequest => ({ method: 'GET', url, headers: {} });

describe('S3Provider', () => {
  test.each([
    [{ bucket: 'a' }, 'no bucket name'],
    [{ bucket: 'data', endpoint: 'nowhere' }, 'write https://host:port'],
    [{ bucket: 'data', endpoint: 'ftp://host' }, 'write https://host:port'],
  ])('refuses %j', (options, message) => {
    expect(() => new S3Provider(options)).toThrow(message);
  });

  test.each([
    [{}, 'https://data.s3.us-east-1.amazonaws.com/k%20/%C3%BC'],
    [{ region: 'eu-west-1', pathStyle: true }, 'https://s3.eu-west-1.amazonaws.com/data/k%20/%C3%BC'],
    [{ bucket: 'with.dot' }, 'https://s3.us-east-1.amazonaws.com/with.dot/k%20/%C3%BC'],
    [{ endpoint: 'http://localhost:9000/base/' }, 'http://localhost:9000/base/data/k%20/%C3%BC'],
    [{ endpoint: 'http://localhost:9000', pathStyle: false }, 'http://data.localhost:9000/k%20/%C3%BC'],
  ])('target() with %j', (options, address) => {
    expect(new S3Provider({ bucket: 'data', ...options }).target('k /ü').url.href).toBe(address);
  });

  test('authorize() leaves requests alone where there are no credentials, and asks for them once', async () => {
    let asked = 0;
    const credentials = async () => {
      asked++;
      return undefined;
    };
    for (const provider of [new S3Provider({ bucket: 'data' }), new S3Provider({ bucket: 'data', credentials })]) {
      const { url, signedAs } = provider.target('a');
      for (let time = 0; time < 2; time++) {
        const { headers } = await provider.authorize(request(url));
        expect(headers.authorization).toBeUndefined();
      }
      expect(signedAs).toBeUndefined();
      expect(await provider.renew()).toBe(false);
    }
    expect(asked).toBe(1);
  });

  test('authorize() signs, asks again shortly before the end, one search at a time, and says whose keys they are', async () => {
    const sources = ['one', undefined];
    let asked = 0;
    const credentials = async () => ({ ...KEYS, source: sources[asked++], expiresMs: Date.now() + 60_000 });
    const provider = new S3Provider({ bucket: 'data', requesterPays: true, credentials });
    const target = provider.target('a');
    const [first] = await Promise.all([1, 2, 3].map(() => provider.authorize(request(target.url))));
    expect(asked).toBe(1);
    expect(target.signedAs).toBe('AKIA…7Q from one');
    expect(first!.headers).toMatchObject({ 'x-amz-request-payer': 'requester' });
    expect(first!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*x-amz-request-payer/);
    await provider.authorize(request(target.url));
    expect(asked).toBe(2);
    expect(target.signedAs).toBe('AKIA…7Q');
    expect(await provider.renew()).toBe(true);
  });

  test('authorize() sends a token in place of signatures, where there is one', async () => {
    const tokens = ['tok', undefined];
    const provider = new S3Provider({ bucket: 'data', scheme: 'gs', token: async () => tokens.shift() });
    const target = provider.target('a');
    expect(target.name).toBe('gs://data/a');
    expect((await provider.authorize(request(target.url))).headers.authorization).toBe('Bearer tok');
    expect(target.signedAs).toBe('a token');
    expect((await provider.authorize(request(target.url))).headers).toEqual({});
    expect(target.signedAs).toBeUndefined();
  });

  test('list() follows continuation tokens, and says that there is no bucket', async () => {
    const { client, asked } = pagedClient([
      {
        body: '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t/1</NextContinuationToken><Contents><Key>d/a</Key><Size>1</Size></Contents></ListBucketResult>',
      },
      { body: '<ListBucketResult><CommonPrefixes><Prefix>d/b/</Prefix></CommonPrefixes></ListBucketResult>' },
    ]);
    const pages: RemotePage[] = [];
    for await (const page of new S3Provider({ bucket: 'data' }).list(client, { prefix: 'd/', delimiter: '/' }))
      pages.push(page);
    expect(pages.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(['d/a']);
    expect(pages.flatMap(({ prefixes }) => prefixes)).toEqual(['d/b/']);
    const begin = 'https://data.s3.us-east-1.amazonaws.com/?';
    const rest = 'delimiter=%2F&encoding-type=url&list-type=2&prefix=d%2F';
    expect(asked).toEqual([begin + rest, `${begin}continuation-token=t%2F1&${rest}`]);
    const none = new S3Provider({ bucket: 'data' }).list(pagedClient([{ status: 404, body: '' }]).client, {
      prefix: '',
    });
    await expect(none[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'NoSuchBucket' });
  });
});

describe('parseListing()', () => {
  const listing = (inner: string) => `<ListBucketResult xmlns="x">${inner}</ListBucketResult>`;

  test('reads keys, percent-encoded or not', () => {
    const entry = (key: string) =>
      `<Contents><Key>${key}</Key><Size>3</Size><LastModified>once</LastModified></Contents>`;
    const plain = parseListing(listing(`${entry('a+b%20&amp;')}<CommonPrefixes></CommonPrefixes>`));
    expect(plain).toMatchObject({
      objects: [{ key: 'a+b%20&', modified: undefined }],
      prefixes: [''],
      token: undefined,
    });
    const coded = parseListing(listing(`<EncodingType>URL</EncodingType>${entry('a+b%20c')}`));
    expect(coded.objects[0]!.key).toBe('a b c');
  });

  test.each([
    'no listing',
    listing('<Contents><Key>a</Key></Contents>'),
    listing('<Contents><Size>1</Size></Contents>'),
    listing('<Contents><Key>a</Key><Size>-1</Size></Contents>'),
    listing('<Contents><Key>a'),
    listing('<IsTruncated>true</IsTruncated>'),
    listing('<EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size></Contents>'),
  ])('refuses %s', (xml) => {
    expect(() => parseListing(xml)).toThrow(expect.objectContaining({ name: 'LsioError', kind: 'format' }));
  });
});
