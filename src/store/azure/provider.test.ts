import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../engine/http/message.js';
import { pagedClient } from '../paged-client.testing.js';
import type { RemotePage } from '../remote.js';
import { AzureProvider, parseBlobs } from './azure.js';

const PLACE = { account: 'account1', container: 'data' };
const GET: HttpRequest = { method: 'GET', url: new URL('https://account1.blob.core.windows.net/data/a'), headers: {} };

describe('AzureProvider', () => {
  test.each([
    [{ ...PLACE, account: 'Account' }, 'no storage account'],
    [{ ...PLACE, container: 'a_b' }, 'no container name'],
    [{ ...PLACE, endpoint: 'nowhere' }, 'write https://host'],
  ])('refuses %j', (options, message) => {
    expect(() => new AzureProvider(options)).toThrow(message);
  });

  test('target() encodes keys, refuses dots, and says who signs', () => {
    const signedAs = (options: object) => new AzureProvider({ ...PLACE, ...options }).target('a').signedAs;
    expect(new AzureProvider(PLACE).target('a b/ü#?')).toMatchObject({
      name: 'az://account1/data/a b/ü#?',
      url: new URL('https://account1.blob.core.windows.net/data/a%20b/%C3%BC%23%3F'),
    });
    expect(() => new AzureProvider(PLACE).target('a/../b')).toThrow('a part . or ..');
    expect(signedAs({})).toBeUndefined();
    expect(signedAs({ accountKey: 'a2V5' })).toBe('the key of account1');
    expect(signedAs({ sas: 'sig=1' })).toBe('a shared access signature');
    expect(signedAs({ token: async () => 't' })).toBe('a token');
  });

  test('authorize() signs by the key, a token, or the signature in the query; else it names the version only', async () => {
    const headersOf = async (options: object, request = GET) =>
      new AzureProvider({ ...PLACE, ...options }).authorize(request);
    const plain = await headersOf({});
    expect(plain.headers).toEqual({ 'x-ms-version': '2021-08-06', 'x-ms-date': expect.stringMatching(/GMT$/) });
    expect((await headersOf({ token: async () => 'tok' })).headers.authorization).toBe('Bearer tok');
    expect((await headersOf({ sas: 'sv=1&sig=x' })).url.search).toBe('?sv=1&sig=x');
    const listing = { ...GET, url: new URL(`${GET.url.href}?comp=list`) };
    expect((await headersOf({ sas: 'sig=x' }, listing)).url.search).toBe('?comp=list&sig=x');
    const signed = await headersOf({ accountKey: 'a2V5' }, { ...listing, headers: { range: 'bytes=0-1' } });
    const date = signed.headers['x-ms-date'];
    const toSign = `GET\n\n\n\n\n\n\n\n\n\n\nbytes=0-1\nx-ms-date:${date}\nx-ms-version:2021-08-06\n/account1/data/a\ncomp:list`;
    const signature = createHmac('sha256', 'key').update(toSign).digest('base64');
    expect(signed.headers.authorization).toBe(`SharedKey account1:${signature}`);
  });

  test('list() follows markers, and says that there is no container', async () => {
    const page = (names: string, marker: string) =>
      `<EnumerationResults><Blobs>${names}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`;
    const blob = (name: string) => `<Blob><Name>${name}</Name><Content-Length>7</Content-Length></Blob>`;
    const { client, asked } = pagedClient([
      { body: page(blob('d/a'), 'm&amp;1') },
      { body: page('<BlobPrefix><Name>d/b/</Name></BlobPrefix>', '') },
    ]);
    const provider = new AzureProvider({ ...PLACE, endpoint: 'http://127.0.0.1:10000/account1/' });
    const pages: RemotePage[] = [];
    for await (const each of provider.list(client, { prefix: 'd/', delimiter: '/' })) pages.push(each);
    expect(pages.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(['d/a']);
    expect(pages.flatMap(({ prefixes }) => prefixes)).toEqual(['d/b/']);
    const query = 'http://127.0.0.1:10000/account1/data?restype=container&comp=list&prefix=d%2F&delimiter=%2F';
    expect(asked).toEqual([query, `${query}&marker=m%261`]);
    const none = provider.list(pagedClient([{ status: 404, body: '' }]).client, { prefix: '' });
    await expect(none[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ContainerNotFound' });
  });
});

describe('parseBlobs()', () => {
  const listing = (inner: string) => `<EnumerationResults>${inner}</EnumerationResults>`;

  test('reads names, coded and not, with dates and ETags', () => {
    const whole =
      '<Blob><Name Encoded="true">a%20%EF%BF%BE</Name><Properties><Last-Modified>Sat, 28 Nov 2026 00:00:00 GMT</Last-Modified>' +
      '<Etag>0x1</Etag><Content-Length>3</Content-Length></Properties></Blob>';
    const bare =
      '<Blob><Name>b&amp;c</Name><Last-Modified>once</Last-Modified><Content-Length>0</Content-Length></Blob><BlobPrefix></BlobPrefix>';
    expect(parseBlobs(listing(whole + bare))).toEqual({
      entries: [
        { key: 'a \ufffe', size: 3, modified: new Date(Date.UTC(2026, 10, 28)), etag: '0x1' },
        { key: 'b&c', size: 0, modified: undefined, etag: undefined },
      ],
      prefixes: [''],
      marker: '',
    });
  });

  test.each([
    'no listing',
    listing('<Blob><Name>a</Name></Blob>'),
    listing('<Blob><Content-Length>1</Content-Length></Blob>'),
    listing('<Blob><Name>a</Name><Content-Length>-1</Content-Length></Blob>'),
    listing('<Blob><Name Encoded="true">%zz</Name><Content-Length>1</Content-Length></Blob>'),
  ])('refuses %s', (xml) => {
    expect(() => parseBlobs(xml)).toThrow(expect.objectContaining({ name: 'LsioError', kind: 'format' }));
  });
});
