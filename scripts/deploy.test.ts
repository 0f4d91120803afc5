// The files in deploy/ name settings, programs and paths. No test runs a container, so these must at least exist.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settings } from '../server/src/settings.ts';

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8');
const settingNames = new Set(Object.keys(settings));
const others = new Set(['NODE_ENV', 'POSTGRES_USER', 'POSTGRES_PASSWORD']);

const unknown = (names: Iterable<string | undefined>) =>
  [...names].filter((name) => name && !settingNames.has(name.replace(/_FILE$/, '')) && !others.has(name));

test('compose.yaml sets only existing settings', () => {
  const text = read('compose.yaml');
  const set = [...text.matchAll(/^ +([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
  const asked = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
  expect(set.length).toBeGreaterThan(8);
  expect(unknown([...set, ...asked])).toEqual([]);
});

test('the Dockerfile sets only existing settings, and copies only existing paths', () => {
  const text = read('Dockerfile');
  const [line = ''] = /^ENV .*$/m.exec(text) ?? [];
  expect(unknown([...line.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name))).toEqual([]);
  expect(unknown([...text.matchAll(/\be\.([A-Z_]+)/g)].map(([, name]) => name))).toEqual([]);
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, from]) => from?.split(' ') ?? [],
  );
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
});

test('the image has every workspace that the server uses', () => {
  const dockerfile = read('Dockerfile');
  const { dependencies } = JSON.parse(read('../server/package.json')) as { dependencies: object };
  const workspaces = Object.keys(dependencies).flatMap((name) => /^@pintail\/(.+)$/.exec(name)?.[1] ?? []);
  expect(workspaces.length).toBeGreaterThan(1);
  for (const workspace of ['server', ...workspaces]) {
    expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
    expect(dockerfile).toContain(`COPY ${workspace}/src ${workspace}/src\n`);
    expect(dockerfile).toMatch(new RegExp(`^RUN npm ci .*--workspace ${workspace}\\b`, 'm'));
    expect(read('Dockerfile.dockerignore')).toContain(`\n!${workspace}\n`);
  }
});

test.each([
  ['pintail.service', /^ExecStart=\S+ (\S+) serve$/m],
  ['pintail-backup.service', /^ExecStart=.*\/node (\S+) backup --to /m],
])('%s starts an existing program with existing settings', (name, start) => {
  const text = read(name);
  const [, program = ''] = start.exec(text) ?? [];
  expect(existsSync(new URL(`../${program}`, import.meta.url))).toBe(true);
  const set = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(
    ([, line]) => line?.match(/[A-Z_]+(?==)/g) ?? [],
  );
  const own = ['BACKUPS', 'KEEP_DAYS'].filter(
    (variable) => text.includes(`"$${variable}`) || text.includes(`+$${variable}`),
  );
  expect(unknown(set.filter((variable) => !own.includes(variable)))).toEqual([]);
});

test('the units of the backup run with the user, the folders and the settings of the service', () => {
  const lines = (name: string) =>
    (read(name).match(/^(User|WorkingDirectory|EnvironmentFile)=.*$/gm) ?? []).sort();
  expect(lines('pintail-backup.service')).toEqual(lines('pintail.service'));
  expect(lines('pintail.service')).toHaveLength(3);
});
