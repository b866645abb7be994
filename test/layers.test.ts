import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A package imports only from lower levels; packages of one level never import each other, but for `runtime`. */
const levels: Readonly<Record<string, number>> = {
  'netfilter-log': 0,
  firewall: 0,
  runtime: 0,
  traffic: 1,
  'embedded-clickhouse': 1,
  store: 1,
  transport: 1,
  pipeline: 2,
  suggester: 2,
  enforcer: 2,
  cli: 3,
};

const root = join(import.meta.dirname, '..', 'packages');
const packages = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());

function sourcesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourcesOf(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const patterns = [/^(?:import|export)\s[^;'"]*?from '([^']+)';$/gm, /^import '([^']+)';$/gm, /\bimport\('([^']+)'\)/g];
  return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!));
}

describe.each(packages)('package %s', (name) => {
  const manifest = JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const declared = Object.keys(manifest.dependencies ?? {});
  const imported = new Set(
    sourcesOf(join(root, name, 'src'))
      .flatMap(importsOf)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:')),
  );

  it('has a level', () => {
    expect(levels[name]).toBeTypeOf('number');
  });

  it('imports only from lower levels', () => {
    const ours = [...declared, ...imported].filter((specifier) => specifier.startsWith('@droplens/'));
    const tooHigh = ours.filter((specifier) => levels[specifier.slice('@droplens/'.length)]! >= levels[name]!);
    expect(tooHigh).toEqual([]);
  });

  it('declares what it imports, and no more', () => {
    const packageOf = (specifier: string): string =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
    const needed = new Set([...imported].map(packageOf));
    // the country database is data: it is found by its path, not imported
    const undeclared = [...needed].filter((specifier) => !declared.includes(specifier));
    const unused = declared.filter((specifier) => !needed.has(specifier) && !specifier.startsWith('@ip-location-db/'));
    expect({ undeclared, unused }).toEqual({ undeclared: [], unused: [] });
  });
});

describe('netfilter-log', () => {
  it('is pure: no dependency, no node module', () => {
    const imports = sourcesOf(join(root, 'netfilter-log', 'src')).flatMap(importsOf);
    expect(imports.filter((specifier) => !specifier.startsWith('./') && !specifier.startsWith('../'))).toEqual([]);
  });
});

describe('the Kafka client', () => {
  it('is known to one folder', () => {
    const folder = join(root, 'transport', 'src', 'kafka');
    const knowing = packages
      .flatMap((name) => sourcesOf(join(root, name, 'src')))
      .filter((file) => !file.startsWith(folder) && /['"(]kafkajs/.test(readFileSync(file, 'utf8')));
    expect(knowing).toEqual([]);
  });
});

describe('file names', () => {
  it('say what a file holds', () => {
    const vague = packages
      .flatMap((name) => sourcesOf(join(root, name, 'src')))
      .filter((file) => /\/(utils?|helpers?|common|misc|types|constants)(\.ts|\/)/.test(file));
    expect(vague).toEqual([]);
  });
});
