import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { decodeXml } from '../../engine/http/redact.js';
import { LsioError } from '../../errors.js';
import type { S3Credentials } from '../remote-options.js';
import { type Profile, readProfile } from './profile.js';
import { uriEncode } from './sign.js';

/** Gets a text over HTTP; undefined when there is none. Only for the endpoints of credentials. */
export type GetText = (
  url: string,
  options?: { method?: 'GET' | 'PUT' | 'POST'; headers?: Record<string, string>; body?: string },
) => Promise<string | undefined>;

export interface ChainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Of `--profile`; then only that profile is used. */
  readonly profile?: string | undefined;
  readonly getText: GetText;
}

const METADATA = 'http://169.254.169.254';
const CONTAINER = 'http://169.254.170.2';

/**
 * Finds credentials where the AWS tools find them: environment, profile files, web identity, container, instance.
 *
 * @returns undefined when there are none: requests go out unsigned
 * @throws {LsioError} `usage` when a profile that was asked for is missing; `denied` when a source fails that is set up
 */
export async function findCredentials(options: ChainOptions): Promise<S3Credentials | undefined> {
  const { env, profile: name } = options;
  if (name !== undefined) {
    const profile = await readProfile(env, name);
    if (profile === undefined) throw new LsioError('usage', `profile ${name}: not in the AWS configuration files`);
    const found = await ofProfile(profile, name);
    if (found === undefined) throw new LsioError('usage', `profile ${name}: has no keys`, { remedy: exportHint(name) });
    return found;
  }
  return (
    ofEnvironment(env) ??
    (await ofDefaultProfile(env)) ??
    (await ofWebIdentity(options)) ??
    (await ofContainer(options)) ??
    (await ofInstance(options))
  );
}

function exportHint(name: string): string {
  return `for SSO or an assumed role: credential_process = aws configure export-credentials --profile ${name} --format process`;
}

function ofEnvironment(env: NodeJS.ProcessEnv): S3Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined, source: 'the environment' };
}

async function ofDefaultProfile(env: NodeJS.ProcessEnv): Promise<S3Credentials | undefined> {
  const name = env.AWS_PROFILE ?? 'default';
  const profile = await readProfile(env, name);
  if (profile === undefined) {
    if (env.AWS_PROFILE) throw new LsioError('usage', `AWS_PROFILE ${name}: not in the AWS configuration files`);
    return undefined;
  }
  return ofProfile(profile, name);
}

async function ofProfile(profile: Profile, name: string): Promise<S3Credentials | undefined> {
  const source = `profile ${JSON.stringify(name)}`;
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = profile;
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, sessionToken: profile.aws_session_token, source };
  }
  if (!profile.credential_process) return undefined;
  let text: string;
  try {
    text = (await promisify(execFile)('/bin/sh', ['-c', profile.credential_process])).stdout;
  } catch (error) {
    // Its output may hold secrets: only that it failed is told.
    const { code } = error as { code?: unknown };
    throw new LsioError('denied', `${source}: credential_process failed (${String(code)})`);
  }
  return ofJson(text, source);
}

/** The document of `credential_process`, containers and instances. */
function ofJson(text: string | undefined, source: string): S3Credentials | undefined {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(text ?? '');
  } catch {
    throw new LsioError('denied', `${source}: gave no credentials`);
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken, Token, Expiration } = document;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw new LsioError('denied', `${source}: gave no credentials`);
  }
  const token = SessionToken ?? Token;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: typeof token === 'string' ? token : undefined,
    expiresMs: typeof Expiration === 'string' ? Date.parse(Expiration) : undefined,
    source,
  };
}

async function ofWebIdentity({ env, getText }: ChainOptions): Promise<S3Credentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
  if (!file || !role) return undefined;
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  const host =
    env.AWS_ENDPOINT_URL_STS ?? (region ? `https://sts.${region}.amazonaws.com` : 'https://sts.amazonaws.com');
  const token = await tokenIn(file, 'web identity');
  const session = env.AWS_ROLE_SESSION_NAME ?? 'lsio';
  const query = `Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=${uriEncode(role)}&RoleSessionName=${uriEncode(session)}&WebIdentityToken=${uriEncode(token)}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const text = (await getText(`${host}/`, { method: 'POST', headers, body: query })) ?? '';
  const element = (name: string) => {
    const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
    return found === undefined ? undefined : decodeXml(found);
  };
  const accessKeyId = element('AccessKeyId');
  const secretAccessKey = element('SecretAccessKey');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new LsioError('denied', 'web identity: the token service gave no credentials');
  }
  const expiresMs = Date.parse(element('Expiration') ?? '') || undefined;
  return { accessKeyId, secretAccessKey, sessionToken: element('SessionToken'), expiresMs, source: 'web identity' };
}

async function ofContainer({ env, getText }: ChainOptions): Promise<S3Credentials | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  if (!relative && !full) return undefined;
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = file ? await tokenIn(file, 'the container') : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  const url = relative ? `${CONTAINER}${relative}` : full!;
  return ofJson(await getText(url, token ? { headers: { authorization: token } } : {}), 'the container');
}

/** @throws {LsioError} `denied` */
async function tokenIn(file: string, source: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new LsioError('denied', `${source}: the token in ${file} can't be read`, { cause });
  }
}

async function ofInstance({ env, getText }: ChainOptions): Promise<S3Credentials | undefined> {
  if (/^true$/i.test(env.AWS_EC2_METADATA_DISABLED ?? '')) return undefined;
  const base = env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? METADATA;
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' };
  const token = await getText(`${base}/latest/api/token`, { method: 'PUT', headers: ttl });
  if (token === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': token };
  const folder = `${base}/latest/meta-data/iam/security-credentials/`;
  const role = (await getText(folder, { headers }))?.split('\n')[0]?.trim();
  if (!role) return undefined;
  return ofJson(await getText(folder + role, { headers }), 'the instance');
}
