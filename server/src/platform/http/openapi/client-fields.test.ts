// Tests of the parts of the document that client generators read.
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyShape } from '../../../../test/answer.ts';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { extensions } from './conventions.ts';
import { sdkNameOf } from './operation-names.ts';

let app: TestApp;
let document: AnyShape;
let operations: AnyShape[];

beforeAll(async () => {
  app = await createTestApp();
  document = (await app.call('GET', '/openapi.json', undefined, null)).body;
  operations = Object.values<AnyShape>(document.paths)
    .flatMap((item) => Object.values<AnyShape>(item))
    .filter((operation) => !operation.tags.includes('System') || operation['x-sdk']);
});
afterAll(() => app.stop());

function resolve(schema: AnyShape): AnyShape {
  return schema.$ref
    ? schema.$ref
        .split('/')
        .slice(1)
        .reduce((value: AnyShape, key: string) => value[key], document)
    : schema;
}

function nodesIn(value: unknown): AnyShape[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as AnyShape, ...Object.values(value).flatMap(nodesIn)];
}

/** Every SDK method, by group. Changing a name breaks the code of callers. */
const methods = {
  accounts: 'connect connectByTokens disconnect get list pause resume update',
  apiKeys: 'create list revoke',
  batches: 'create get',
  boardLists: 'create delete list replace',
  boards: 'create createSection delete deleteSection list listSections update',
  events: 'list',
  me: 'get',
  media: 'create delete get list',
  posts: 'create delete get list resolve schedule timeline unschedule update updateMany validate',
  schedule: 'get',
  spacingRules: 'delete list put',
  timeslots: 'create delete list rebuild update',
  webhooks: 'create delete get list listDeliveries redeliver redeliverDelivery rotateSecret test update',
};

test('Every operation has a unique SDK method', () => {
  const names = operations.map((operation) => operation['x-sdk']);
  expect(names.length).toBe(app.app.routes.length);
  expect(names.filter((name) => !/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  const listed = Object.entries(methods).flatMap(([group, own]) =>
    own.split(' ').map((method) => `${group}.${method}`),
  );
  expect(names.toSorted()).toEqual(listed.toSorted());
});

test('A route whose operationId does not contain the noun of its tag must declare its SDK method', () => {
  expect(sdkNameOf({ operationId: 'revokeApiKey', tag: 'API keys' })).toBe('apiKeys.revoke');
  expect(() => sdkNameOf({ operationId: 'getMe', tag: 'Posts' })).toThrow(/declare its name/);
  expect(sdkNameOf({ operationId: 'getMe', tag: 'Posts', sdk: 'me.get' })).toBe('me.get');
});

test('An operation that accepts several media types has an SDK method for each', () => {
  const several = operations.filter(({ requestBody }) => Object.keys(requestBody?.content ?? {}).length > 1);
  expect(several.map(({ operationId }) => operationId).sort()).toEqual(['createBatch', 'createMedia']);
  for (const operation of several) {
    expect(Object.keys(operation['x-sdk-forms'])).toEqual(Object.keys(operation.requestBody.content));
  }
  const forms = several.flatMap((operation) => Object.values<string>(operation['x-sdk-forms']));
  // A sheet may be sent with several media types.
  expect([...new Set(forms)].toSorted()).toEqual([
    ...['batches.create', 'batches.createFromCsv', 'batches.createFromLines'],
    ...['media.fromUrl', 'media.upload'],
  ]);
});

test('Every list has `x-paging`, except the spacing rules, which are a default and a list', () => {
  const lists = operations.filter(({ operationId }) => operationId.startsWith('list'));
  const unnamed = lists.filter((operation) => !operation['x-paging']);
  expect(unnamed.map(({ operationId }) => operationId)).toEqual(['listSpacingRules']);
});

test('The `x-paging` of every list with a cursor names its entries, its cursor and the parameter', () => {
  const paged = operations.filter((operation) => {
    const answer = Object.entries<AnyShape>(operation.responses).find(([status]) => status < '300')?.[1];
    const { data } = answer.content['application/json'].schema.properties;
    const at = (path: string) =>
      path.split('.').reduce((schema, key) => resolve(schema?.properties?.[key] ?? {}), resolve(data));
    const paging = operation['x-paging'];
    expect([operation.operationId, paging?.next !== undefined]).toEqual([
      operation.operationId,
      at('cursor').type !== undefined,
    ]);
    if (!paging) return false;
    expect([operation.operationId, at(paging.items).type]).toEqual([operation.operationId, 'array']);
    if (!paging.next) return false;
    expect([operation.operationId, at(paging.next).type]).toEqual([
      operation.operationId,
      ['string', 'null'],
    ]);
    const params = operation.parameters.map((parameter: AnyShape) => resolve(parameter).name);
    expect([operation.operationId, params]).toEqual([
      operation.operationId,
      expect.arrayContaining([paging.param]),
    ]);
    return true;
  });
  expect(paged).toHaveLength(5);
});

test('The operation with an event stream references the schema of its events', () => {
  const streams = operations.filter((operation) => operation['x-stream']);
  expect(streams.map((operation) => operation['x-stream'])).toEqual(['PintailEvent']);
  const { discriminator, oneOf } = document.components.schemas.PintailEvent;
  expect(oneOf.map(({ $ref }: AnyShape) => $ref)).toEqual(Object.values(discriminator.mapping));
});

test('The schema of error responses has every code, reason and detail code as open enums', () => {
  const { code, reason, details } = document.components.schemas.ErrorAnswer.properties.error.properties;
  expect(code).toMatchObject({ enum: expect.arrayContaining(['BAD_REQUEST']), 'x-open-enum': true });
  expect(reason).toMatchObject({ 'x-open-enum': true });
  expect([...reason.enum].sort()).toEqual(Object.keys(document.components.examples).sort());
  expect(details.items.properties.code).toMatchObject({
    enum: expect.arrayContaining(['required', 'too_long', 'offset_missing']),
    'x-open-enum': true,
  });
});

test('Every refusal in `x-codes` has an example in the document', () => {
  const codes = operations.flatMap((operation) => operation['x-codes'] ?? []);
  expect(new Set(codes).size).toBeGreaterThan(30);
  expect(codes.filter((code) => document.components.examples[code] === undefined)).toEqual([]);
});

test('Every extension field is described at the top of the document', () => {
  const keys = new Set(nodesIn(document).flatMap((node) => Object.keys(node)));
  const own = [...keys].filter((key) => key.startsWith('x-'));
  expect(own.sort()).toEqual(Object.keys(extensions).sort());
  for (const name of own) expect(document.info.description).toContain(`\`${name}\`:`);
});

test('The schemas do not mislead generators', () => {
  const nodes = nodesIn(document);
  const parameters = nodes.filter((node) => node.in && node.schema);
  expect(parameters.length).toBeGreaterThan(50);
  expect(
    parameters.filter((node) => !node.description || node.schema.description === node.description),
  ).toEqual([]);
  const isNullable = ({ type }: AnyShape) => Array.isArray(type) && type.includes('null');
  const closed = nodes.filter(
    (node) => isNullable(node) && (node.enum ? !node.enum.includes(null) : 'const' in node),
  );
  expect(closed).toEqual([]);
  expect(nodes.filter((node) => node.type === 'integer' && node.pattern)).toEqual([]);
  expect(nodes.filter((node) => node.enum?.join() === 'true,false')).toEqual([]);
  const bodies = operations.flatMap((operation) => {
    const content: Record<string, AnyShape> = operation.requestBody?.content ?? {};
    return Object.values(content).map(({ schema }) => resolve(schema));
  });
  expect(bodies.length).toBeGreaterThan(20);
  expect(bodies.filter((schema) => schema.anyOf)).toEqual([]);
  expect(bodies.flatMap(nodesIn).filter((node) => 'default' in node)).toEqual([]);
  const moments = nodes.filter(
    (node) => /^integer/.test(`${node.type}`) && /Unix seconds/.test(node.description),
  );
  expect(moments.length).toBeGreaterThan(15);
  expect(moments.filter((node) => node.format !== 'unix-time')).toEqual([]);
});

test.each([
  ['/', 200],
  ['/health', 200],
  ['/ready', 200],
  ['/metrics', 200],
  ['/openapi.json', 200],
  ['/docs', 200],
  ['/media/{mediaId}/{fileName}', 404],
  ['/connect/{link}', 400],
  ['/oauth/pinterest/callback', 400],
])('%s responds without a key as described in the document', async (path, status) => {
  const operation = document.paths[path].get;
  expect(operation).toMatchObject({ tags: ['System'], security: [] });
  const response = await fetch(`${app.url}${path.replaceAll(/\{\w+\}/g, 'none')}`);
  await response.body?.cancel();
  expect(response.status).toBe(status);
  const content = operation.responses[status].content;
  if (content) expect(response.headers.get('content-type')).toContain(Object.keys(content)[0]);
});

test('All paths outside /v1 are in the document', () => {
  const served = app.app.createHttp().printRoutes({ commonPrefix: false });
  for (const path of ['health', 'ready', 'metrics', 'openapi.json', 'docs']) expect(served).toContain(path);
  const system = Object.keys(document.paths).filter((path) => !path.startsWith('/v1'));
  expect(system).toHaveLength(9);
});

test('The document with `examples=false` has no examples, is smaller, and is valid', async () => {
  const { body } = await app.call('GET', '/openapi.json?examples=false', undefined, null);
  expect(nodesIn(body).filter((node) => 'example' in node || 'examples' in node)).toEqual([]);
  expect(JSON.stringify(body).length).toBeLessThan(JSON.stringify(document).length * 0.85);
  expect(await new Validator().validate(structuredClone(body))).toEqual({ valid: true });
});
