// The documents name files, endpoints, settings and commands. What they name must exist, or readers get lost.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { settings } from '../server/src/settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const listed = (...patterns: string[]) =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((path) => existsSync(join(root, path)));

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = listed('*.md').map((path) => ({ path, text: read(path) }));
const guides = pages.filter(({ path }) => !path.startsWith('docs/contributing/') && path !== 'CHANGELOG.md');
const withoutCode = (text: string) => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/^ {4,}.*$/gm, '');

/** The anchors of a page as forges make them from its headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.*)$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${name}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

test('every link between documents leads to a file and to a heading that exist', () => {
  const broken: string[] = [];
  for (const { path, text } of pages) {
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : relative(root, join(root, dirname(path), file));
      if (!existsSync(join(root, linked))) broken.push(`${path}: ${target}`);
      else if (anchor && linked.endsWith('.md') && !anchorsOf(read(linked)).has(anchor))
        broken.push(`${path}: ${target} (heading)`);
    }
  }
  expect(pages.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

test('every page of docs is reachable from its index', () => {
  const index = read('docs/README.md');
  const absent = listed('docs/*.md').filter(
    (path) =>
      /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md' && !index.includes(`(${path.slice(5)})`),
  );
  expect(absent).toEqual([]);
});

test('every endpoint that the documents name exists', () => {
  const { paths } = JSON.parse(read('docs/openapi.json')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const shape = (path: string) => path.replace(/\{[^}]*\}|\$\w+|(acc|post|whk)_[\w…]+/g, '{}');
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: shape(path) })),
  );
  // Pinterest's own endpoints are named in these.
  const own = guides.filter(
    ({ path }) => !/^simulator|docs\/pinterest|docs\/decisions|docs\/reliability|^NOTICES/.test(path),
  );
  const unknown: string[] = [];
  let count = 0;
  for (const { path, text } of own) {
    for (const [, method = '', route = ''] of text.matchAll(
      /\b(GET|POST|PUT|PATCH|DELETE) ((?:\/v1|\/media|…)\/[^\s`'"|,);?]*)/g,
    )) {
      count += 1;
      const name = shape(route.replace(/[.…:]+$/, ''));
      const isAny = route.endsWith('…');
      const isServed = served.some((known) => {
        if (known.method !== method) return false;
        if (name.startsWith('…')) return known.path.endsWith(name.slice(1));
        return isAny ? known.path.startsWith(name) : known.path === name;
      });
      if (!isServed) unknown.push(`${path}: ${method} ${route}`);
    }
  }
  expect(count).toBeGreaterThan(30);
  expect(unknown).toEqual([]);
});

test('every setting that the documents set exists', () => {
  const known = new Set(Object.keys(settings));
  // Of scripts and tests, which read their own variables.
  const code = listed('scripts/*.ts', 'server/test/*/*.ts', 'bench/src/*.ts').map(read).join('\n');
  // Of the shell, of PostgreSQL, of the examples, and of compose.yaml.
  for (const name of [
    'PINTAIL',
    'SIMULATOR',
    'KEY',
    'ACCOUNT',
    'BOARD',
    'DRAFT',
    'POST',
    'MEDIA',
    'POSTGRES_PASSWORD',
  ])
    known.add(name);
  for (const name of ['D', 'S', 'PGPASSWORD', 'HEAD', 'MYVAR', 'PINTAIL_PORT']) known.add(name);
  const unknown: string[] = [];
  for (const { path, text } of guides) {
    const set = text.matchAll(/(?:^|[\s`(])([A-Z][A-Z0-9_]*)=(?!=)/gm);
    const named = text.matchAll(/\b((?:PINTAIL|PINTEREST|MEDIA|WEBHOOK|S3|METRICS|API)_[A-Z0-9_]+)\b/g);
    for (const [, name = ''] of [...set, ...named])
      if (!known.has(name) && !known.has(name.replace(/_FILE$/, '')) && !code.includes(`.${name}`))
        unknown.push(`${path}: ${name}`);
  }
  expect([...new Set(unknown)]).toEqual([]);
});

test('every npm script and command that the documents run exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const commands = read('server/src/main.ts');
  const unknown: string[] = [];
  for (const { path, text } of guides) {
    for (const [, name = ''] of text.matchAll(/npm run ([a-z][\w:-]*)/g))
      if (!(name in scripts)) unknown.push(`${path}: npm run ${name}`);
    for (const [, name = ''] of text.matchAll(/(?:npm run pintail --|bin\/pintail\.js) ([a-z][a-z-]+)/g))
      if (!new RegExp(`command\\('${name}\\b`).test(commands)) unknown.push(`${path}: pintail ${name}`);
    for (const [, name = ''] of text.matchAll(
      /(?:\.bin\/node|^node) ((?:scripts|server|simulator)\/[\w./-]+)/gm,
    ))
      if (!existsSync(join(root, name))) unknown.push(`${path}: ${name}`);
    for (const [, name = ''] of text.matchAll(
      /`((?:deploy|scripts|server|simulator|bench)\/[\w./-]+\.\w+)`/g,
    ))
      if (!existsSync(join(root, name))) unknown.push(`${path}: ${name}`);
  }
  expect(unknown).toEqual([]);
});
