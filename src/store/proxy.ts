/**
 * The proxy that requests to an origin go through, as people may see it: its host and where it is named, without user
 * info. Null: none. Whether `NO_PROXY` excepts the origin is decided where requests are sent.
 */
export function proxyFor(origin: URL, option: string | undefined, env: NodeJS.ProcessEnv = process.env): string | null {
  if (option !== undefined) return `${hostOf(option)} by --proxy`;
  const names = origin.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const name = names.find((each) => env[each]);
  if (name === undefined) return null;
  const excepted = ['no_proxy', 'NO_PROXY'].find((each) => env[each]);
  return `${hostOf(env[name]!)} by ${name}${excepted === undefined ? '' : `, but for ${excepted}`}`;
}

function hostOf(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).host : 'a malformed address';
}
