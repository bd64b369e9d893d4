import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A key and a certificate, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Why none can be made; undefined: they can. */
export function missingOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version']);
    return undefined;
  } catch {
    return 'openssl is missing (apt-get install openssl)';
  }
}

/** Certificates for tests, made by openssl: an authority's, and servers' that it signed. */
export class Certificates {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'lsio-certificates-'));
  #count = 0;

  /** One that is signed by itself. */
  self(name: string): Certificate {
    const [key, cert] = [this.#file('key'), this.#file('cert')];
    const how = ['-x509', '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},IP:127.0.0.1`];
    this.#openssl(['req', ...NEW_KEY, ...how, '-keyout', key, '-out', cert]);
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  /** One that an authority signed. @param names such as `DNS:localhost` @param expired valid in 2020 only */
  signed(by: Certificate, names: string, expired = false): Certificate {
    const [key, asked, cert, extra] = [this.#file('key'), this.#file('csr'), this.#file('cert'), this.#file('ext')];
    const [caKey, caCert, config, database] = [
      this.#file('cakey'),
      this.#file('cacert'),
      this.#file('cnf'),
      this.#file('db'),
    ];
    writeFileSync(caKey, by.key);
    writeFileSync(caCert, by.cert);
    writeFileSync(extra, `subjectAltName=${names}\n`);
    writeFileSync(database, '');
    const settings = [
      'default_md=sha256',
      'rand_serial=yes',
      'policy=p',
      `database=${database}`,
      `new_certs_dir=${this.directory}`,
    ];
    writeFileSync(config, ['[ca]', 'default_ca=d', '[d]', ...settings, '[p]', 'commonName=supplied', ''].join('\n'));
    this.#openssl(['req', ...NEW_KEY, '-subj', '/CN=server', '-keyout', key, '-out', asked]);
    // `openssl x509` of Debian 13 makes none that ended before today, that of Debian 12 takes no dates.
    const valid = expired ? ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'] : ['-days', '2'];
    const how = ['-batch', '-notext', '-config', config, '-cert', caCert, '-keyfile', caKey];
    this.#openssl(['ca', ...how, ...valid, '-in', asked, '-extfile', extra, '-out', cert]);
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  /** A file with these certificates. */
  file(...certificates: readonly Certificate[]): string {
    const name = this.#file('pem');
    writeFileSync(name, certificates.map(({ cert }) => cert).join(''));
    return name;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #file(kind: string): string {
    return path.join(this.directory, `${++this.#count}.${kind}`);
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
