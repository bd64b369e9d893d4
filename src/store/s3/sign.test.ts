import { expect, test } from 'vitest';
import { keyPath, Signer, signV4 } from './sign.js';

// The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html has its Range signed and
// the hash of an empty body; this is the same request as lsio sends it, its signature from botocore 1.43 (S3SigV4Auth).
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const DATE = new Date('2013-05-24T00:00:00Z');

test('signV4() signs as botocore does', () => {
  const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt');
  const request = { method: 'GET' as const, url, headers: { range: 'bytes=0-9' } };
  expect(signV4(request, CREDENTIALS, 'us-east-1', DATE).headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=5c0d4ff29e72b8f94c5b6720369921e587e39bf7a64e456887dec4b43a2d1b77',
  );
});

test('signV4() encodes keys and queries as botocore does', () => {
  const url = new URL(
    `https://examplebucket.s3.amazonaws.com/${keyPath("a b/é'()!*~.txt")}?prefix=a%2Fb%20c&list-type=2`,
  );
  const session = { ...CREDENTIALS, sessionToken: 'token' };
  expect(signV4({ method: 'GET', url, headers: {} }, session, 'eu-west-1', DATE).headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=6005484ff723e27a5c5657b0e589a9f84938a435aa13d75545eb5d84ec7008ba',
  );
});

test('Signer gives ranges of one object one signature, for some minutes', () => {
  const signer = new Signer('us-east-1', CREDENTIALS);
  const url = new URL('https://b.s3.amazonaws.com/k');
  const sign = (range: string, minutes: number) =>
    signer.sign({ method: 'GET', url, headers: { range } }, DATE.getTime() + minutes * 60_000).headers;
  const first = sign('bytes=0-9', 0);
  expect(sign('bytes=10-19', 4)).toEqual({ ...first, range: 'bytes=10-19' });
  expect(sign('bytes=10-19', 6).authorization).not.toBe(first.authorization);
});
