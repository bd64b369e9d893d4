import { LsioError } from '../../errors.js';

/** Says what `lsio get` can do about it. */
export function explained(error: LsioError): LsioError {
  const { code, path = '', offset, cause } = error;
  if (code === 'EISDIR') {
    const remedy = '-r: what is below it';
    return new LsioError('read', `${path}: is a directory`, { code, path, offset, cause, remedy });
  }
  const remedy = code === 'ENOENT' ? homeHint(path) : undefined;
  return remedy === undefined ? error : new LsioError('read', error.message, { code, path, offset, cause, remedy });
}

/** What an output directory that is not there was probably meant for. */
export function outputHint(name: string): string | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)/is.exec(name) ?? [];
  if (scheme === undefined) return homeHint(name);
  if (scheme.toLowerCase() === 'file') return `a path, not a URL: ${rest.replace(/^localhost(?=\/)/i, '')}`;
  return 'files are written to this machine only';
}

function homeHint(name: string): string | undefined {
  const home = process.env.HOME ?? '$HOME';
  if (/^~(?=\/|$)/.test(name)) return `a shell expands ~ only where it is not quoted: ${home}${name.slice(1)}`;
  return name.startsWith('~') ? 'a shell expands ~ only where it is not quoted' : undefined;
}
