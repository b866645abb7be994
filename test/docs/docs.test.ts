import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pages } from './pages.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'packages/cli/bin/droplens.js');

describe('generated pages', () => {
  it.each(Object.entries(pages()))('docs/%s is up to date', (name, current) => {
    const path = join(root, 'docs', name);
    const written = existsSync(path) ? readFileSync(path, 'utf8') : '';
    expect(written === current, `docs/${name} is stale: npm run docs writes it again`).toBe(true);
  });
});

/** Commands of the `sh` blocks of README and docs that can run here: no placeholder, no root, none that runs until it is stopped or needs Kafka (fleet.test.ts). */
function shownCommands(): { readonly file: string; readonly command: string }[] {
  const files = [
    'README.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  return files
    .filter((file) => existsSync(join(root, file)))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((block) =>
        (block[1] ?? '')
          .replaceAll('\\\n', ' ')
          .split('\n')
          .map((line) =>
            line
              .replace(/^\$ /, '')
              .replace(/\s+# .*$/, '')
              .trim(),
          )
          .filter(
            (line) => /^droplens (?!up\b|engine\b|topics\b|collect\b|load\b)/.test(line) && !/\b(FILE|DIR|ADDR)\b/.test(line),
          )
          .map((command) => ({ file, command })),
      ),
    );
}

describe('commands shown in README and docs', { timeout: 240_000 }, () => {
  let directory: string;
  let data: string;
  let log: string;

  const run = async (command: string): Promise<{ code: number; output: string }> => {
    const child = spawn('sh', ['-c', command.replaceAll(/^droplens|(?<=\| *)droplens/g, `"${process.execPath}" "${program}"`)], {
      env: { PATH: process.env['PATH'], HOME: directory, TZ: 'UTC', DROPLENS_CONFIG: '/dev/null', DROPLENS_DATA: data },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((resolve) => child.on('close', resolve)),
    ]);
    return { code, output: stdout + stderr };
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-'));
    data = join(directory, 'data');
    log = join(directory, 'kern.log');
    writeFileSync(
      log,
      `${new Date().toISOString()} web-1 kernel: iptables denied: IN=eth0 OUT= MAC= SRC=203.0.113.66 DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321 PROTO=TCP SPT=40146 DPT=23 WINDOW=65535 RES=0x00 SYN URGP=0 \n`,
    );
    const imported = await run(`droplens import ${log}`);
    if (imported.code !== 0) throw new Error(imported.output);
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(shownCommands())('$file: $command', async ({ command }) => {
    // a log of this machine, and an old one, are whatever log there is
    const { code, output } = await run(command.replaceAll(/\/var\/log\/[\w.*-]+|\bold\.log\b/g, log));
    // doctor fails where no firewall logs: that is its answer
    expect(command.startsWith('droplens doctor') ? code <= 1 : code === 0, `${command}\n${output}`).toBe(true);
    expect(output).not.toMatch(/DL_INTERNAL|DL_USAGE/);
  });
});
