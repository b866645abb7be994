import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

const shipped = join(import.meta.dirname, '../../deploy/clickhouse');

/** Grants of a role of deploy/clickhouse/users.xml, each with one privilege. */
export function grantsOf(role: string): string[] {
  const users = readFileSync(join(shipped, 'users.xml'), 'utf8');
  const block = users.slice(users.indexOf(`<${role}>`), users.indexOf(`</${role}>`));
  return [...block.matchAll(/<query>GRANT (.*?) ON (.*?)<\/query>/g)].flatMap(([, privileges = '', target = '']) =>
    privileges.split(', ').map((privilege) => `GRANT ${privilege} ON ${target}`),
  );
}

/**
 * The real engine with the server's files that deploy/clickhouse ships. An embedded engine knows no login, so its one user takes a role for a session;
 * the engine then refuses whatever the role is not granted, as a server does.
 */
export class AccountsEngine {
  readonly directory = mkdtempSync(join(tmpdir(), 'droplens-accounts-'));
  readonly #path = join(this.directory, 'data');
  readonly #first: Session;

  /** `roles` are made beside those of users.xml. */
  constructor(roles: Readonly<Record<string, readonly string[]>> = {}) {
    const file = (name: string, text: string): void => writeFileSync(join(this.directory, name), text);
    for (const folder of ['config.d', 'users.d']) mkdirSync(join(this.directory, folder));
    const own = ['droplens_writer', 'droplens_reader', 'administrator', ...Object.keys(roles)];
    file('users.xml', '<clickhouse><profiles><default/></profiles><quotas><default/></quotas></clickhouse>');
    file('users.d/droplens.xml', readFileSync(join(shipped, 'users.xml'), 'utf8'));
    file(
      'users.d/test.xml',
      `<clickhouse><users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
      ${grantsText(own.map((role) => `GRANT ${role}`))}</default></users><roles>
      ${Object.entries({ administrator: ['GRANT ALL ON *.* WITH GRANT OPTION'], ...roles })
        .map(([role, grants]) => `<${role}>${grantsText(grants)}</${role}>`)
        .join('\n')}</roles></clickhouse>`,
    );
    file('config.d/droplens.xml', readFileSync(join(shipped, 'config.xml'), 'utf8'));
    file(
      'config.xml',
      `<clickhouse><users_config>${join(this.directory, 'users.xml')}</users_config><background_pool_size>2</background_pool_size></clickhouse>`,
    );
    file('config.d/test.xml', '<clickhouse><logger><level>none</level><console>0</console></logger></clickhouse>');
    process.env['DROPLENS_WRITER_PASSWORD'] = 'written';
    process.env['DROPLENS_READER_PASSWORD'] = 'read';
    this.#first = new Session(this.#path, { connectionArgs: [`--config-file=${join(this.directory, 'config.xml')}`] });
  }

  /** Runs `action` in a session that has `role` and nothing else. */
  as<T>(role: string, action: (run: (sql: string) => string) => T): T {
    const session = new Session(this.#path);
    try {
      session.query(`SET ROLE ${role}`);
      return action((sql) => session.query(sql, 'TabSeparated').trim());
    } finally {
      session.close();
    }
  }

  close(): void {
    this.#first.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function grantsText(grants: readonly string[]): string {
  return `<grants>${grants.map((grant) => `<query>${grant}</query>`).join('')}</grants>`;
}
