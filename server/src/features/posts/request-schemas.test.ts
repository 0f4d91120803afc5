// The OpenAPI document as generators of clients read it: the limits that requests have are in it, and nothing that misleads them.
import { expect, test } from 'vitest';
import { app, useApp } from '../../../test/use-app.ts';

useApp();

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  [name: string]: unknown;
}

const document = () => JSON.parse(JSON.stringify(app.app.openApi()));

function* schemasIn(value: unknown, path = ''): Generator<[string, Schema]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Schema];
  for (const [name, nested] of Object.entries(value)) {
    if (name !== 'example' && name !== 'examples') yield* schemasIn(nested, `${path}/${name}`);
  }
}

const limits = ['maxLength', 'format', 'maxItems', 'uniqueItems', 'pattern', 'enum'];

test('an edit has the limits of a create', () => {
  const { CreatePost, EditPost, EditPosts } = document().components.schemas;
  const entry = EditPosts.properties.posts.items;
  for (const edit of [EditPost, entry]) {
    for (const [name, field] of Object.entries<Schema>(edit.properties)) {
      const same = CreatePost.properties[name];
      if (!same || '$ref' in same) continue;
      for (const limit of limits) expect([name, limit, field[limit]]).toEqual([name, limit, same[limit]]);
    }
    expect(edit.properties.title).toMatchObject({ type: ['string', 'null'], maxLength: 100 });
    expect(edit.properties.url).toMatchObject({ type: ['string', 'null'], format: 'uri', maxLength: 2048 });
  }
});

test('lists that must not repeat an entry say so', () => {
  const { CreatePost, CreateApiKey, BoardListBody, RebuildTimeslots } = document().components.schemas;
  const lists = [
    CreatePost.properties.tags,
    CreatePost.properties.productTagPinIds,
    CreateApiKey.properties.scopes,
    CreateApiKey.properties.accountIds,
    BoardListBody.properties.boardIds,
    RebuildTimeslots.properties.days,
  ];
  for (const list of lists) expect(list).toMatchObject({ type: 'array', uniqueItems: true });
});

test('no schema has a default, a pattern of an integer, or a nullable value without null', () => {
  for (const [path, schema] of schemasIn(document())) {
    const types = [schema.type].flat();
    if (typeof schema.type !== 'string' && !Array.isArray(schema.type)) continue;
    expect(schema, path).not.toHaveProperty('default');
    if (types.includes('integer')) expect(schema, path).not.toHaveProperty('pattern');
    if (types.includes('null') && schema.enum) expect(schema.enum, path).toContain(null);
    if (types.includes('null')) expect(schema, path).not.toHaveProperty('const');
    expect([schema.minimum, schema.maximum], path).not.toContain(Number.MAX_SAFE_INTEGER);
  }
});

test('the version of a post is a header of the operations that return it, and of no others', () => {
  const path = document().paths['/v1/accounts/{accountId}/posts/{postId}'];
  const tagged = ['get', 'patch', 'delete'].filter((method) => 'ETag' in path[method].responses[200].headers);
  expect(tagged).toEqual(['get', 'patch']);
});

test('the example of the event log has real events', () => {
  const { example } = document().paths['/v1/events'].get.responses[200].content['application/json'];
  for (const { type, timestamp, accountId, postId, actor, data } of example.data.events) {
    expect(timestamp).toMatch(/^\d{4}-.*Z$/);
    expect(data).toMatchObject({ accountId, postId, actor });
    if (type.startsWith('post.')) expect(data).toMatchObject({ status: expect.any(String) });
  }
});
