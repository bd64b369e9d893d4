import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** The settings of one profile of `~/.aws/config` and `~/.aws/credentials`, names in lower case. */
export type Profile = Readonly<Record<string, string>>;

/**
 * Reads a profile of the files that the AWS tools share. What stands in the credentials file wins.
 *
 * @param name undefined: `AWS_PROFILE`, else `default`
 * @returns undefined when neither file has it
 */
export async function readProfile(
  env: NodeJS.ProcessEnv,
  name = env.AWS_PROFILE ?? 'default',
): Promise<Profile | undefined> {
  const folder = path.join(homedir(), '.aws');
  const [config, credentials] = await Promise.all([
    readIni(env.AWS_CONFIG_FILE ?? path.join(folder, 'config')),
    readIni(env.AWS_SHARED_CREDENTIALS_FILE ?? path.join(folder, 'credentials')),
  ]);
  const inConfig = config.get(name === 'default' ? name : `profile ${name}`) ?? config.get(name);
  const inCredentials = credentials.get(name);
  return inConfig === undefined && inCredentials === undefined ? undefined : { ...inConfig, ...inCredentials };
}

async function readIni(file: string): Promise<Map<string, Record<string, string>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return new Map();
  }
  return parseIni(text);
}

/** Sections of `name = value` lines; indented lines belong to nested settings, which nothing here needs. */
export function parseIni(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line);
    if (head !== null) {
      section = sections.get(head[1]!) ?? {};
      sections.set(head[1]!, section);
      continue;
    }
    const setting = /^([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (setting !== null) section[setting[1]!.toLowerCase()] = setting[2]!.replace(/\s+[;#].*$/, '');
  }
  return sections;
}
