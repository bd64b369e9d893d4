import { readFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../clock.js';
import type { Engine, EngineInfo } from '../engine/engine.js';
import { HttpClient } from '../engine/http/client.js';
import { type GeneralOptions, openGeneral } from '../engine/http/general.js';
import { HttpEngine } from '../engine/http/http-engine.js';
import { LeanTransport } from '../engine/http/lean.js';
import { Limiter } from '../engine/http/limiter.js';
import { Meter, START } from '../engine/http/meter.js';
import { PlannedReads } from '../engine/http/planned-reads.js';
import { proxyOf } from '../engine/http/proxy.js';
import { Rate } from '../engine/http/rate.js';
import { checkCertificates, trustIn } from '../engine/http/trust.js';
import { type OnHead, WatchedTransport } from '../engine/http/watched-transport.js';
import { LsioError } from '../errors.js';
import { Slab } from '../memory/slab.js';
import { AzureProvider } from './azure/azure.js';
import { HttpProvider } from './http/http.js';
import { type Locator, parseLocator, splitUrl } from './locator.js';
import type { Provider } from './remote.js';
import { mergingBy } from './remote-merging.js';
import type { AzureCredentials, RemoteOptions } from './remote-options.js';
import { RemoteStore } from './remote-store.js';
import { findCredentials, type GetText } from './s3/credentials.js';
import { GOOGLE_ENDPOINT, GoogleTokens } from './s3/google.js';
import { readProfile } from './s3/profile.js';
import { S3Provider } from './s3/s3.js';

const CONNECTIONS_MAX = 256;
const SLAB_BYTES = 64 * 1024 * 1024;
/** Reads in hand besides those in flight, so that permits don't wait for sources. */
const IN_HAND_SPARE = 16;

/** How a store differs from one that users open. */
export interface RemoteInternals {
  /** Puts another engine of the same kind around the store's own, such as one that counts. */
  readonly wrap?: ((engine: Engine) => Engine) | undefined;
  /** Read nothing but sizes: the store's {@link RemoteInfo} says what reads would have cost. */
  readonly planOnly?: boolean | undefined;
  /** Sees the head of each answer, and how long after the request it came. */
  readonly onHead?: OnHead | undefined;
}

/**
 * Opens a store of another machine.
 *
 * @internal
 */
export async function openRemoteStore(
  address: string,
  options: RemoteOptions,
  internals: RemoteInternals = {},
): Promise<RemoteStore> {
  const locator = parseLocator(address);
  if (locator.scheme === 'file') throw new LsioError('usage', `${address}: a local file`);
  return openRemote(splitUrl(address).root, locator, options, systemClock, internals);
}

async function openRemote(
  root: string,
  locator: Exclude<Locator, { scheme: 'file' }>,
  options: RemoteOptions,
  clock: Clock,
  { wrap = (engine) => engine, planOnly = false, onHead }: RemoteInternals,
): Promise<RemoteStore> {
  const { connections = 'auto', pin, retry, timeouts, proxy } = options;
  const most = connections === 'auto' ? CONNECTIONS_MAX : connections;
  if (!Number.isSafeInteger(most) || most < 1 || most > 4096)
    throw new LsioError('usage', `connections ${most}: 1 to 4096`);
  const trust = trustIn(await certificatesOf(options.ca));
  const { provider, prefix } = await providerOf(locator, options, textOver(clock, { trust, proxy }));
  const { url } = provider.target('');
  const general: GeneralOptions = { connections: most, timeouts, trust, proxy };
  const open = () => openGeneral(general);
  // The lean transport speaks to servers only, not to what stands between.
  const bare = proxyOf(url, proxy) === undefined ? new LeanTransport(general, open) : await open();
  const transport = onHead === undefined ? bare : new WatchedTransport(bare, onHead, clock);
  const limiter = new Limiter(clock, most, connections !== 'auto');
  const rate = options.bytesPerSecondMax === undefined ? undefined : new Rate(clock, options.bytesPerSecondMax);
  const meter = new Meter();
  const client = new HttpClient({
    transport,
    limiter,
    clock,
    meter,
    rate,
    retry,
    pin,
    authorize: provider.authorize,
    renew: provider.renew,
    follow: locator.scheme === 'http',
  });
  const { host } = url;
  if (!options.allowHttp && showsSecrets(provider)) {
    await transport.close();
    const remedy = 'use https, or allowHttp';
    throw new LsioError('usage', `${host}: credentials are not sent without encryption`, { remedy });
  }
  const plan = planOnly ? new PlannedReads(client) : undefined;
  const http = new HttpEngine({
    client: plan ?? client,
    clock,
    slab: new Slab(Buffer.allocUnsafeSlow(SLAB_BYTES)),
    depth: most,
    inHandMax: () => Math.ceil(limiter.limit * 1.25) + IN_HAND_SPARE,
    target: (path) => provider.target(path as string),
    info: engineInfo(locator.scheme, most),
  });
  const engine = wrap(http);
  const info = () => ({
    transport: transport.name,
    host,
    ...(plan === undefined ? client.counts : { ...plan.counts, repeats: 0 }),
    inFlightMax: plan === undefined ? limiter.limit : limiter.prospect,
    refusals: limiter.refusals,
    latencyMs: meter.latencyMs ?? START.latencyMs,
    bytesPerSecond: meter.bytesPerSecond,
    asked: plan?.asked,
  });
  return new RemoteStore({
    root,
    provider,
    client,
    plan,
    engine,
    merging: mergingBy(meter, limiter),
    prefix,
    info,
    close: () => transport.close(),
  });
}

function engineInfo(scheme: string, queueDepth: number): EngineInfo {
  const reason = `the address is one of ${scheme}`;
  return { engine: 'http', reason, queueDepth, rings: 1, slabBytes: SLAB_BYTES, flags: [] };
}

/** Whether credentials would go over the network in plain text. */
function showsSecrets(provider: Provider): boolean {
  const { host, protocol } = provider.target('').url;
  const isLoopback = /^(localhost|127\.|\[::1\])/.test(host);
  return protocol === 'http:' && !isLoopback && provider.sendsSecrets;
}

interface Provided {
  readonly provider: Provider;
  /** What stands before each key. */
  readonly prefix: string;
}

async function providerOf(
  locator: Exclude<Locator, { scheme: 'file' }>,
  options: RemoteOptions,
  getText: GetText,
): Promise<Provided> {
  const { anonymous = false, absent, endpoint } = options;
  // A variable that is set to nothing names nothing.
  const env = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  switch (locator.scheme) {
    case 'http':
      return { provider: new HttpProvider({ base: locator.url, headers: options.headers, absent }), prefix: '' };
    case 's3': {
      const profile = await readProfile(env, options.profile);
      const region = options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? profile?.region;
      const find = options.credentials ?? (() => findCredentials({ env, profile: options.profile, getText }));
      const provider = new S3Provider({
        bucket: locator.bucket,
        region,
        endpoint: endpoint ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? profile?.endpoint_url,
        pathStyle: options.pathStyle,
        requesterPays: options.requesterPays ?? env.AWS_REQUEST_PAYER === 'requester',
        credentials: anonymous ? undefined : find,
        absent,
      });
      return { provider, prefix: trimmed(locator.key) };
    }
    case 'gs': {
      const tokens = new GoogleTokens(env, getText);
      const provider = new S3Provider({
        bucket: locator.bucket,
        scheme: 'gs',
        endpoint: endpoint ?? GOOGLE_ENDPOINT,
        pathStyle: true,
        credentials: anonymous ? undefined : options.credentials,
        token: anonymous || options.credentials !== undefined ? undefined : (options.token ?? (() => tokens.get())),
        absent,
      });
      return { provider, prefix: trimmed(locator.key) };
    }
    case 'az': {
      const credentials = anonymous ? {} : (options.azure ?? azureOf(env, locator.account));
      const { account, container, key } = locator;
      const token = options.token === undefined || anonymous ? {} : { token: options.token };
      return {
        provider: new AzureProvider({ account, container, endpoint, absent, ...credentials, ...token }),
        prefix: trimmed(key),
      };
    }
  }
}

/** What the environment has for an account of Azure. */
export function azureOf(env: NodeJS.ProcessEnv, account: string): AzureCredentials {
  const settings = new Map(
    (env.AZURE_STORAGE_CONNECTION_STRING ?? '').split(';').flatMap((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [] : [[part.slice(0, at), part.slice(at + 1)] as const];
    }),
  );
  if (settings.get('AccountName') === account) {
    return { accountKey: settings.get('AccountKey'), sas: settings.get('SharedAccessSignature') };
  }
  const isOther = env.AZURE_STORAGE_ACCOUNT !== undefined && env.AZURE_STORAGE_ACCOUNT !== account;
  return isOther
    ? {}
    : {
        accountKey: env.AZURE_STORAGE_KEY || undefined,
        sas: env.AZURE_STORAGE_SAS_TOKEN?.replace(/^\?/, '') || undefined,
      };
}

function trimmed(key: string): string {
  return key.replace(/\/$/, '');
}

/** The certificates of authorities of one's own, in PEM. @throws {LsioError} `usage` @internal */
export async function certificatesOf(file: string | undefined): Promise<string | undefined> {
  // A variable that is set to nothing names nothing.
  const name = file ?? (process.env.AWS_CA_BUNDLE || process.env.SSL_CERT_FILE);
  if (!name) return undefined;
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (error) {
    throw new LsioError('usage', `${name}: the certificates can't be read`, { cause: error });
  }
  checkCertificates(text, name);
  return text;
}

/**
 * Gets texts of the endpoints of credentials; what doesn't answer isn't there. They answer within a second: machines
 * outside of a cloud are not to wait for long to learn that they are.
 */
function textOver(clock: Clock, options: Pick<GeneralOptions, 'trust' | 'proxy'>): GetText {
  return async (address, { method = 'GET', headers = {}, body } = {}) => {
    const transport = await openGeneral({
      ...options,
      connections: 1,
      timeouts: { connectMs: 1000, firstByteMs: 5000 },
    });
    const client = new HttpClient({ transport, clock, limiter: new Limiter(clock, 1), retry: { tries: 1 } });
    const url = new URL(address);
    try {
      const answer = await client.text({ url, name: url.host }, { method, url, headers, body });
      return answer.head.status === 404 ? undefined : Buffer.from(answer.body).toString();
    } catch (error) {
      if (error instanceof LsioError && error.status === undefined) return undefined;
      throw error;
    } finally {
      await transport.close();
    }
  };
}
