import { createSign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { LsioError } from '../../errors.js';
import type { GetText } from './credentials.js';

/** Where Google's service takes requests in S3's dialect. */
export const GOOGLE_ENDPOINT = 'https://storage.googleapis.com';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only';
const METADATA = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';
const LIFE_S = 3600;
const SPARE_MS = 5 * 60_000;

interface Token {
  readonly text: string;
  readonly expiresMs: number;
}

/**
 * Gives OAuth tokens as Google's libraries find them: the file of `GOOGLE_APPLICATION_CREDENTIALS` or that of `gcloud`, else
 * the machine's own account. One search at a time; a token is used until five minutes before its end.
 */
export class GoogleTokens {
  readonly #env: NodeJS.ProcessEnv;
  readonly #getText: GetText;
  #token: Token | undefined;
  #finding: Promise<Token | undefined> | undefined;

  constructor(env: NodeJS.ProcessEnv, getText: GetText) {
    this.#env = env;
    this.#getText = getText;
  }

  /** A token, or undefined when there is no account: requests go out without one. */
  async get(): Promise<string | undefined> {
    if (this.#token === undefined || this.#token.expiresMs - SPARE_MS < Date.now()) {
      this.#finding ??= this.#find().finally(() => {
        this.#finding = undefined;
      });
      this.#token = await this.#finding;
    }
    return this.#token?.text;
  }

  async #find(): Promise<Token | undefined> {
    const named = this.#env.GOOGLE_APPLICATION_CREDENTIALS;
    const file = named ?? path.join(homedir(), '.config/gcloud/application_default_credentials.json');
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch {
      if (named !== undefined) throw new LsioError('usage', `GOOGLE_APPLICATION_CREDENTIALS: ${named} can't be read`);
      return this.#ofMachine();
    }
    return this.#ofFile(file, text);
  }

  async #ofFile(file: string, text: string): Promise<Token> {
    const account = accountIn(file, text);
    const { token_uri: address = 'https://oauth2.googleapis.com/token' } = account;
    if (account.type === 'service_account') {
      const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
      return this.#exchange(file, address, { grant_type: grant, assertion: assertionIn(file, account, address) });
    }
    if (account.type === 'authorized_user') {
      const { client_id = '', client_secret = '', refresh_token = '' } = account;
      return this.#exchange(file, address, { grant_type: 'refresh_token', client_id, client_secret, refresh_token });
    }
    const remedy = 'use a service account, or hand tokens over by the library';
    throw new LsioError('denied', `${file}: credentials of type ${account.type} are not supported`, { remedy });
  }

  async #exchange(file: string, address: string, form: Record<string, string>): Promise<Token> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(form).toString();
    return tokenOf(await this.#getText(address, { method: 'POST', headers, body }), file);
  }

  async #ofMachine(): Promise<Token | undefined> {
    const text = await this.#getText(METADATA, { headers: { 'metadata-flavor': 'Google' } });
    return text === undefined ? undefined : tokenOf(text, 'the metadata server');
  }
}

/** @throws {LsioError} `usage`, without the text: it holds secrets. */
function accountIn(file: string, text: string): Record<string, string> {
  let account: unknown;
  try {
    account = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (typeof account === 'object' && account !== null) return account as Record<string, string>;
  throw new LsioError('usage', `${file}: no credentials in JSON`);
}

/** @throws {LsioError} `usage` */
function assertionIn(file: string, account: Record<string, string>, address: string): string {
  try {
    return assertionOf(account, address, Date.now());
  } catch {
    throw new LsioError('usage', `${file}: its private_key is no key in PEM`);
  }
}

function tokenOf(text: string | undefined, source: string): Token {
  try {
    const { access_token: token, expires_in: lifeS } = JSON.parse(text ?? '');
    if (typeof token === 'string') return { text: token, expiresMs: Date.now() + Number(lifeS) * 1000 };
  } catch {
    // Told below, without the text: it may hold secrets.
  }
  throw new LsioError('denied', `${source}: gave no token`);
}

/** A signed request for a token, RFC 7523. */
export function assertionOf(account: Record<string, string>, address: string, nowMs: number): string {
  const issuedS = Math.floor(nowMs / 1000);
  const claims = { iss: account.client_email, scope: SCOPE, aud: address, iat: issuedS, exp: issuedS + LIFE_S };
  const header = { alg: 'RS256', typ: 'JWT', kid: account.private_key_id };
  const unsigned = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = createSign('RSA-SHA256')
    .update(unsigned)
    .sign(account.private_key ?? '', 'base64url');
  return `${unsigned}.${signature}`;
}
