import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyShape } from '../../../../test/answer.ts';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { readExamples } from '../contract/examples.ts';

let app: TestApp;
let document: AnyShape;

beforeAll(async () => {
  app = await createTestApp();
  document = (await app.call('GET', '/openapi.json', undefined, null)).body;
});
afterAll(() => app.stop());

const operationOf = (route: { path: string; method: string }) =>
  document.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')][route.method.toLowerCase()];
const headerNames = (parameters: { $ref?: string; in?: string; name?: string }[] = []) =>
  parameters
    .map(({ $ref, ...own }) => ($ref ? document.components.parameters[$ref.split('/').at(-1) ?? ''] : own))
    .filter((parameter) => parameter.in === 'header')
    .map((parameter) => parameter.name);

test('The document is valid OpenAPI 3.1 for an independent validator', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  // The validator finds an error in an invalid document.
  const broken = structuredClone(document);
  broken.paths['/v1/accounts'].get.responses = [];
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('Every operation has an example (`npm run generate -- --examples` adds missing ones)', () => {
  const examples = readExamples();
  const without = app.app.routes.filter(
    ({ operationId, body }) => !examples[operationId] || (body && examples[operationId].body === undefined),
  );
  expect(without.map(({ operationId }) => operationId)).toEqual([]);
  const operation = operationOf({ path: '/v1/accounts/:accountId/posts', method: 'POST' });
  expect(operation.requestBody.content['application/json'].example).toMatchObject({
    title: expect.any(String),
  });
  expect(operation.responses[201].content['application/json'].example.data.post.status).toEqual(
    expect.any(String),
  );
});

test('Every example belongs to an existing operation', () => {
  const operationIds = app.app.routes.map(({ operationId }) => operationId);
  expect(Object.keys(readExamples()).filter((operationId) => !operationIds.includes(operationId))).toEqual(
    [],
  );
});

test('Every example matches the schema of its response', () => {
  const examples = readExamples();
  for (const { operationId, data } of app.app.routes) {
    const answer = examples[operationId]?.answer as { data: unknown } | undefined;
    expect([operationId, data.safeParse(answer?.data).error?.issues ?? []]).toEqual([operationId, []]);
  }
});

test('Every write accepts an Idempotency-Key, no read does, and every response has the rate limit headers', () => {
  for (const route of app.app.routes) {
    const operation = operationOf(route);
    expect([route.operationId, headerNames(operation.parameters).includes('Idempotency-Key')]).toEqual([
      route.operationId,
      route.method !== 'GET',
    ]);
    expect(Object.keys(operation.responses[route.status].headers)).toContain('X-RateLimit-Remaining');
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '429', '500', '503']));
    const name = operation.responses[429].$ref.split('/').at(-1);
    expect(Object.keys(document.components.responses[name].headers)).toContain('Retry-After');
  }
});

test('Each distinct error response is a component, exists once, and is used', () => {
  const answers = Object.values<object>(document.components.responses).map((answer) =>
    JSON.stringify(answer),
  );
  expect(new Set(answers).size).toBe(answers.length);
  const operations = app.app.routes.map(operationOf);
  const sent = Object.values<AnyShape>(document.webhooks).map(({ post }) => post);
  const used = [...operations, ...sent].flatMap(({ responses }) => {
    const failed = Object.entries<{ $ref?: string }>(responses).filter(([, { $ref }]) => $ref);
    return failed.map(([, { $ref = '' }]) => $ref.replace('#/components/responses/', ''));
  });
  expect(new Set(used)).toEqual(new Set(Object.keys(document.components.responses)));
});

/** Returns every schema in a part of the document, including those that it references. */
function schemasIn(part: unknown, seen = new Set<unknown>()): AnyShape[] {
  if (typeof part !== 'object' || part === null || seen.has(part)) return [];
  seen.add(part);
  const { $ref } = part as { $ref?: string };
  const named = $ref
    ?.split('/')
    .slice(1)
    .reduce((value, key) => value[key], document);
  return [part as AnyShape, ...[named, ...Object.values(part)].flatMap((inner) => schemasIn(inner, seen))];
}

test('Response schemas have no closed objects, and all their enums are marked as open', () => {
  const schemas = app.app.routes.flatMap((route) => schemasIn(operationOf(route).responses));
  expect(schemas.length).toBeGreaterThan(1_000);
  expect(schemas.filter((schema) => schema.additionalProperties === false)).toEqual([]);
  expect(schemas.filter((schema) => schema.enum && !schema['x-open-enum'])).toEqual([]);
  const bodies = app.app.routes.flatMap((route) => schemasIn(operationOf(route).requestBody));
  expect(bodies.filter((schema) => schema.additionalProperties === false).length).toBeGreaterThan(20);
  expect(bodies.filter((schema) => schema['x-open-enum'])).toEqual([]);
});

test('The data of every successful JSON response is a component', () => {
  const unnamed = app.app.routes.filter((route) => {
    const answer = operationOf(route).responses[route.status].content['application/json'];
    return !answer.schema.properties.data.$ref?.startsWith('#/components/schemas/');
  });
  expect(unnamed.map(({ operationId }) => operationId)).toEqual([]);
});

/** Types of TypeScript and of browsers that are not defined in Node. */
const typeNames = [
  'Record',
  'Partial',
  'Pick',
  'Omit',
  'Readonly',
  'Document',
  'Element',
  'Location',
  'Node',
];

test('No component has the name of a global that it would shadow in generated clients', () => {
  const names = Object.keys(document.components.schemas);
  expect(names).toEqual(expect.arrayContaining(['ErrorAnswer', 'PintailEvent']));
  expect(names.filter((name) => name in globalThis || typeNames.includes(name))).toEqual([]);
});

test('Each refusal has one example, which every response with that refusal references', () => {
  const examples = Object.entries<AnyShape>(document.components.examples);
  expect(examples.filter(([reason, { value }]) => value.error.reason !== reason)).toEqual([]);
  const used = Object.values<AnyShape>(document.components.responses).flatMap(({ content }) =>
    Object.entries<AnyShape>(content?.['application/json'].examples ?? {}).map(([reason, { $ref }]) => {
      expect($ref).toBe(`#/components/examples/${reason}`);
      return reason;
    }),
  );
  expect(new Set(used)).toEqual(new Set(examples.map(([reason]) => reason)));
});
