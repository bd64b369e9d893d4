import { LsioError } from '../../errors.js';

/** The proxy that a request goes through. */
export interface HttpProxy {
  /** With user and password, where it has some: never shown. */
  readonly url: URL;
  /** What names it: an option or a variable. */
  readonly by: string;
}

/**
 * The proxy for a URL: the one of the option, else that of `HTTPS_PROXY` or `HTTP_PROXY`, unless `NO_PROXY` excepts the
 * host. Names in lower case go first, as with curl. Undefined: none.
 *
 * @throws {LsioError} `usage` for an address that is none of a proxy
 */
export function proxyOf(url: URL, option: string | undefined, env = process.env): HttpProxy | undefined {
  // The services that give machines of a cloud their keys are on the same link.
  if (url.hostname.startsWith('169.254.')) return undefined;
  if (option !== undefined) return { url: addressOf(option, '--proxy'), by: '--proxy' };
  if (isExcepted(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const names = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const by = names.find((name) => env[name]);
  return by === undefined ? undefined : { url: addressOf(env[by]!, by), by };
}

function addressOf(text: string, by: string): URL {
  const address = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(address) && /^(https?|socks5?):$/.test(new URL(address).protocol)) return new URL(address);
  // The address itself may hold a password.
  throw new LsioError('usage', `${by}: not the address of a proxy`, { remedy: 'write http://host:port' });
}

/** Whether a list of hosts and domains, with or without ports, has this one. */
function isExcepted({ protocol, hostname, port: given }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = given || (protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const isIpv6 = /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/.test(entry);
      const [, named = '', only] = isIpv6 ? [entry, entry] : (/^\[?(.*?)\]?(?::(\d+))?$/.exec(entry) ?? []);
      if (only !== undefined && only !== port) return false;
      const domain = named.replace(/^\*?\./, '');
      return host === domain || (domain !== '' && host.endsWith(`.${domain}`));
    });
}
