import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { LsioError } from '../../errors.js';

/** Who is trusted: made when it is first needed, since reading Node's certificates takes a tenth of a second. */
export type Trust = () => SecureContext | undefined;

/**
 * The authorities that all connections trust, by whatever transport: Node's own, those of `NODE_EXTRA_CA_CERTS`, and
 * these.
 *
 * @param own certificates in PEM; undefined: none
 */
export function trustIn(own: string | undefined): Trust {
  // Node's own default has all but the user's.
  if (own === undefined) return () => undefined;
  let made: SecureContext | undefined;
  return () => {
    made ??= createSecureContext({ ca: [...rootCertificates, ...extraCertificates(), own] });
    return made;
  };
}

/** Node forgets these where others are named. */
function extraCertificates(): string[] {
  const name = process.env.NODE_EXTRA_CA_CERTS;
  if (!name) return [];
  try {
    return [readFileSync(name, 'utf8')];
  } catch {
    // Node has warned of it.
    return [];
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** @throws {LsioError} `usage` for a text without a certificate: Node would take it, and trust nobody more */
export function checkCertificates(text: string, name: string): void {
  try {
    new X509Certificate(CERTIFICATE.exec(text)?.[0] ?? '');
  } catch (error) {
    const remedy = 'give a file that begins with -----BEGIN CERTIFICATE-----';
    throw new LsioError('usage', `${name}: holds no certificate in PEM`, { path: name, remedy, cause: error });
  }
}
