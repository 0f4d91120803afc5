// Compares the lists of refusals and codes with the source and with docs/errors.md, in both directions.
// test/check-codes.ts checks every response of every test app, for example for refusals that a route does not declare.
import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../test/app.ts';
import { detailCodes, isDetailCode } from './detail-codes.ts';
import type { RefusalDeclaration, RefusalMaker } from './platform/errors.ts';
import * as generalRefusals from './platform/http/contract/refusals.ts';
import { refusalsOf } from './platform/http/openapi/openapi-answers.ts';

const source = new URL('.', import.meta.url).pathname;
const files = globSync('**/*.ts', { cwd: source })
  .filter((name) => !/\.(test|fixture|suite)\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(`${source}${name}`, 'utf8') }));
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** Each declaration in the source, with its file, the name of the constant, and its reason. */
const declared = files.flatMap(({ name: file, text }) =>
  [...text.matchAll(/const (\w+) = refusal\(\{([\s\S]*?)\}\);/g)].map(([, name = '', body = '']) => ({
    file,
    name,
    reason: /reason: '([^']*)'/.exec(body)?.[1] ?? '',
  })),
);
const codes = detailCodes.flatMap((list) => Object.keys(list.codes));

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.stop());

test('every refusal has a unique reason', () => {
  expect(declared.length).toBeGreaterThan(60);
  expect(declared.filter(({ reason }) => !/^[a-z]+(_[a-z]+)*$/.test(reason))).toEqual([]);
  const reasons = declared.map(({ reason }) => reason);
  expect(reasons.filter((reason, index) => reasons.indexOf(reason) !== index)).toEqual([]);
});

test('every declared refusal is used', () => {
  const unused = declared.filter(({ file, name }) => {
    const users = files.filter(
      ({ name: other, text }) => other === file || new RegExp(`import [^;]*\\b${name}\\b[^;]*;`).test(text),
    );
    return !users.some(({ text }) => new RegExp(`\\b${name}\\b`).test(withoutDeclarations(text)));
  });
  expect(unused).toEqual([]);
});

/** Returns a file without imports, exports, comments, declarations and lists of refusals. */
function withoutDeclarations(text: string): string {
  return text
    .replaceAll(/^(import|export) (type )?\{[^}]*\} from [^;]*;/gm, '')
    .replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
    .replaceAll(/const \w+ = refusal\(/g, '')
    .replaceAll(/refusals: \[[^\]]*\]/g, '')
    .replaceAll(/const \w*[rR]efusals = \[[^\]]*\]/g, '');
}

test('every declared refusal belongs to an operation or to all requests', () => {
  const general = Object.values(generalRefusals).filter(isMaker);
  const reachable = new Set(
    [...general, ...app.app.routes.flatMap(refusalsOf)].map(({ declaration }) => declaration.reason),
  );
  const outsideOfOperations = ['connection_expired', 'connection_declined', 'other_pinterest_user'];
  expect(
    declared
      .map(({ reason }) => reason)
      .filter((reason) => !reachable.has(reason))
      .toSorted(),
  ).toEqual(outsideOfOperations.toSorted());
});

test('every refusal of an operation is found in the source', () => {
  const seen = new Set(declared.map(({ reason }) => reason));
  const used = app.app.routes.flatMap(refusalsOf).map(({ declaration }) => declaration.reason);
  expect([...new Set(used)].filter((reason) => !seen.has(reason))).toEqual([]);
});

test('no detail code is composed at run time', () => {
  const composed = files.flatMap(({ name, text }) =>
    [...text.matchAll(/\b(?:code|reason): *(`[^`]*\$\{[^`]*`|[\w.]+\.(?:toLowerCase|concat)\(.*)/g)].map(
      ([, value]) => `${name}: ${value}`,
    ),
  );
  expect(composed).toEqual([]);
});

test('every detail code in the source is in the list', () => {
  const unexplained = files
    .filter(({ name }) => !name.startsWith('commands/') && !name.startsWith('operator/'))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/\bcode: '([a-z][a-z0-9_]*)'(?! in )/g)]
        .map(([, code = '']) => code)
        .filter((code) => code !== 'custom' && !isDetailCode(code))
        .map((code) => `${name}: ${code}`),
    );
  expect(unexplained).toEqual([]);
});

test('every listed detail code is used in the source', () => {
  const text = files
    .filter(({ name }) => name !== 'detail-codes.ts')
    .map((file) => file.text)
    .join('\n');
  // Reasons of Pinterest are names of properties.
  const isUsed = (code: string) => new RegExp(`['"]${code}['"]|^  ${code}: \\{`, 'm').test(text);
  expect(codes.filter((code) => !isUsed(code))).toEqual([]);
});

test('docs/errors.md explains every reason and every detail code, and nothing else', () => {
  const explained = [...page.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, code]) => code);
  const reasons = declared.map(({ reason }) => reason);
  expect(explained.toSorted()).toEqual([...reasons, ...codes].toSorted());
});

function isMaker(value: unknown): value is RefusalMaker & { declaration: RefusalDeclaration } {
  return typeof value === 'function' && 'declaration' in value;
}
