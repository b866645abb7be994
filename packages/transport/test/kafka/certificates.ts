import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a certificate says of its owner. */
export interface Owner {
  readonly name: string;
  /** As openssl writes them: `IP:127.0.0.1`, `DNS:broker`. Default: this machine. */
  readonly names?: string;
  /** Until when it holds, as YYYYMMDDHHMMSSZ. Default: ten years from now. */
  readonly until?: string;
}

/** Files of a certificate and its key; `both` is one file of both, as a broker's `ssl.keystore.location` takes it. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly both: string;
}

/** A certificate authority in a directory of its own, made by openssl. */
export class Authority {
  readonly #directory: string;
  readonly ca: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    this.ca = join(directory, 'ca.crt');
    writeFileSync(join(directory, 'index.txt'), '');
    writeFileSync(join(directory, 'ca.cnf'), configuration(directory));
    const days = ['-days', '3650', '-subj', '/CN=droplens test authority'];
    this.#openssl('req', '-x509', ...newKey, '-keyout', join(directory, 'ca.key'), '-out', this.ca, ...days);
  }

  /** A certificate that this authority signed. */
  sign({ name, names = 'IP:127.0.0.1,DNS:localhost', until = '20360101000000Z' }: Owner): Certificate {
    const file = (kind: string): string => join(this.#directory, `${name}.${kind}`);
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
    this.#openssl('req', '-new', ...newKey, '-keyout', file('key'), '-out', file('csr'), ...subject);
    const dates = ['-startdate', '20200101000000Z', '-enddate', until];
    const config = join(this.#directory, 'ca.cnf');
    this.#openssl('ca', '-batch', '-notext', '-config', config, ...dates, '-in', file('csr'), '-out', file('crt'));
    execFileSync('sh', ['-c', 'cat "$1" "$2" > "$3"', 'sh', file('key'), file('crt'), file('pem')]);
    return { cert: file('crt'), key: file('key'), both: file('pem') };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function configuration(directory: string): string {
  return [
    '[ca]',
    'default_ca = own',
    '[own]',
    `database = ${directory}/index.txt`,
    `new_certs_dir = ${directory}`,
    `certificate = ${directory}/ca.crt`,
    `private_key = ${directory}/ca.key`,
    'rand_serial = yes',
    'unique_subject = no',
    'default_md = sha256',
    'policy = any',
    'copy_extensions = copy',
    '[any]',
    'commonName = supplied',
    '',
  ].join('\n');
}
