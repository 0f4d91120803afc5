// Requests with ids of others, for every operation: another tenant's ids, and another account's ids with a key that is
// restricted to one account. Nothing of the others is shown, changed, or distinguishable from what does not exist.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Route, scopesOf } from '../../src/platform/http/contract/route.ts';
import { createTestApp, type Json, type TestApp } from '../app.ts';
import {
  type Belongings,
  fieldsOf,
  idsFor,
  type Path,
  parametersOf,
  pathOf,
  sampleBody,
  schemaOf,
} from '../route-samples.ts';
import { furnish } from './furnish.ts';
import { restrictedKeys } from './restricted-keys.ts';

interface Case {
  what: string;
  method: string;
  path: string;
  body?: unknown;
  /** Names a foreign thing in its path or body, so that it must be refused. */
  isRefused?: true;
}

interface Situation {
  key: string;
  own: Belongings;
  foreign: Belongings;
  /** In every text of the others. */
  word: string;
}

let app: TestApp;
let routes: readonly Route[];
let situations: Record<'tenant' | 'account', Situation>;

beforeAll(async () => {
  app = await createTestApp({ config: { ratePerMinute: 1_000_000 } });
  routes = app.app.routes;
  const stranger = await app.makeKey({ organization: 'Strangers' });
  const connect = (organizationId?: string) =>
    app.connectAccount({ sections: ['Soups'], ...(organizationId && { organizationId }) });
  const [mine, other, theirs] = [await connect(), await connect(), await connect(stranger.organizationId)];
  const restricted = await app.makeKey({ accountIds: [mine.accountId] });
  const belongings = {
    // Its media is added by the restricted key itself.
    mine: await furnish(app, { key: restricted.key, account: mine, word: 'Zebra', picture: 'recipe.jpg' }),
    other: await furnish(app, { key: app.key, account: other, word: 'Okapi', picture: 'garden.png' }),
    theirs: await furnish(app, {
      key: stranger.key,
      account: theirs,
      word: 'Quagga',
      picture: 'interior.jpg',
    }),
  };
  const own = belongings.mine;
  situations = {
    tenant: { key: app.key, own, foreign: belongings.theirs, word: 'Quagga' },
    account: { key: restricted.key, own, foreign: belongings.other, word: 'Okapi' },
  };
});
afterAll(() => app.stop());

/** Reads before writes, and deletions of accounts last: later requests need the data. */
function inOrder(): Route[] {
  const methods = ['GET', 'PATCH', 'POST', 'PUT', 'DELETE'];
  return routes.toSorted(
    (a, b) => methods.indexOf(a.method) - methods.indexOf(b.method) || b.path.length - a.path.length,
  );
}

const ownSample = (route: Route, { own }: Situation) =>
  sampleBody(route, { own, foreign: new Map(), pictureUrl: app.picture() });
const withBody = (body: unknown) => (body === undefined ? {} : { body });

/** Every foreign id in the path, each alone and all together. */
function casesOfPath(route: Route, situation: Situation): Case[] {
  const names = parametersOf(route).filter((name) => idsFor(name, situation.foreign).length > 0);
  const overrides = names.flatMap((name) => idsFor(name, situation.foreign).map((id) => ({ [name]: id })));
  const together = Object.assign({}, ...overrides);
  return [...overrides, ...(names.length > 1 ? [together] : [])].map((override) => ({
    what: `${route.operationId} path ${Object.keys(override).join(' ')}`,
    method: route.method,
    path: pathOf(route, situation.own, override),
    ...withBody(ownSample(route, situation)),
    isRefused: true,
  }));
}

/** Every foreign id in the query, as a filter or a cursor. */
function casesOfQuery(route: Route, situation: Situation): Case[] {
  const names = Object.keys(schemaOf(route.query).properties ?? {});
  return names.flatMap((name) => {
    const ids = name === 'cursor' ? cursorsFor(route, situation) : idsFor(name, situation.foreign);
    return ids.map((id) => ({
      what: `${route.operationId} ?${name}`,
      method: route.method,
      path: `${pathOf(route, situation.own)}?${name}=${encodeURIComponent(id)}`,
    }));
  });
}

/** Cursors are ids in the lists of media and deliveries; that of posts contains an id. */
function cursorsFor(route: Route, { foreign }: Situation): readonly string[] {
  if (route.operationId === 'listWebhookDeliveries') return foreign.get('deliveryId') ?? [];
  return [...(foreign.get('cursor') ?? []), ...(foreign.get('post') ?? []), ...(foreign.get('med') ?? [])];
}

/** Every foreign id in a field of the body, also in lists and objects. */
function casesOfBody(route: Route, situation: Situation): Case[] {
  if (!route.body) return [];
  const sample = ownSample(route, situation) ?? {};
  return fieldsOf(schemaOf(route.body)).flatMap(({ path }) => {
    const name = String(path.findLast((step) => typeof step === 'string') ?? '');
    const isList = name.endsWith('s') && path.at(-1) === name;
    return idsFor(name.replace(/s$/, ''), situation.foreign).map((id) => ({
      what: `${route.operationId} body ${path.join('.')}`,
      method: route.method,
      path: pathOf(route, situation.own),
      body: put(sample, path, isList ? [id] : id),
      // Its entries are refused later, in the background.
      ...(route.operationId !== 'createBatch' && { isRefused: true as const }),
    }));
  });
}

function put(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  if (typeof step === 'number') return [put((value as unknown[] | undefined)?.[step], rest, replacement)];
  const object = typeof value === 'object' && value !== null ? (value as Json) : {};
  // A post has exactly one of both.
  const { mediaUrl, ...others } = object;
  const kept =
    step === 'mediaId' || step === 'carousel'
      ? others
      : { ...others, ...(mediaUrl !== undefined && { mediaUrl }) };
  return { ...kept, [step]: put(object[step], rest, replacement) };
}

const casesOf = (route: Route, situation: Situation) => [
  ...casesOfPath(route, situation),
  ...casesOfQuery(route, situation),
  ...casesOfBody(route, situation),
];

/** Returns the problem of a response, or null. */
async function findProblem(each: Case, { key, foreign, word }: Situation): Promise<string | null> {
  const { status, text, body } = await app.call(each.method, each.path, each.body, key);
  const answer = `${status} ${text.slice(0, 300)}`;
  if (status >= 500) return `fails: ${answer}`;
  // A route that validates reports the problem in its data.
  const isRefused = status === 404 || status === 400 || status === 403 || body.data?.ok === false;
  if (each.isRefused && !isRefused) return `is not refused: ${answer}`;
  if (text.includes(word)) return `shows a text of others: ${answer}`;
  const sent = `${each.path} ${JSON.stringify(each.body ?? '')}`;
  // The position in the log, `latest`, may be that of an event of others.
  const ids = [...foreign].flatMap(([name, values]) => (name === 'after' ? [] : values));
  const shown = ids.filter((id) => id.length > 12 && text.includes(id) && !sent.includes(id));
  return shown.length > 0 ? `shows ${shown.join(' ')}: ${answer}` : null;
}

/** The number of own posts with a medium or a board of others. */
async function countForeignUses({ own, foreign }: Situation): Promise<number> {
  const { rows } = await app.database.pool.query(
    `select count(*)::int as count from posts where account_id = any($1) and (media_id = any($2)
       or cover_media_id = any($2) or board_id = any($3) or board_section_id = any($4)
       or carousel::text like any(select '%' || id || '%' from unnest($2::text[]) id))`,
    ['acc', 'med', 'boardId', 'sectionId'].map((name) => (name === 'acc' ? own : foreign).get(name)),
  );
  return rows[0].count;
}

/** Everything that the others have, as the database stores it. */
async function stateOf({ foreign }: Situation): Promise<unknown> {
  const ofAccount = ['posts', 'timeslots', 'board_lists', 'spacing_rules', 'batches', 'boards'];
  const queries = [
    ...ofAccount.map((table) => [`select * from ${table} where account_id = any($1)`, 'acc']),
    ['select * from webhooks where id = any($1)', 'whk'],
    ['select * from media where id = any($1)', 'med'],
    ['select * from accounts where id = any($1)', 'acc'],
    ['select state from webhook_deliveries where webhook_id = any($1)', 'whk'],
    // Without last_used_at, which changes when a key is used.
    ['select id, name, revoked_at from api_keys where id = any($1)', 'key'],
  ] as const;
  const state: Record<string, unknown> = {};
  for (const [query = '', ids = ''] of queries) {
    const { rows } = await app.database.pool.query(query, [foreign.get(ids)]);
    expect([query, rows.length > 0]).toEqual([query, true]);
    state[query] = rows.map((row) => JSON.stringify(row)).toSorted();
  }
  return state;
}

test('every operation has a row in the table of restricted keys, and every row an operation', () => {
  const operations = routes.map(({ operationId }) => operationId);
  expect(Object.keys(restrictedKeys).toSorted()).toEqual(operations.toSorted());
});

describe.each(['account', 'tenant'] as const)('ids of another %s', (kind) => {
  test('lists without a filter show nothing of others, and the own things', async () => {
    const situation = situations[kind];
    // The owner of the organization sees the other account, which is its own.
    for (const route of inOrder().filter(({ method, paging }) => method === 'GET' && paging)) {
      const path = pathOf(route, situation.own);
      const problem = await findProblem({ what: '', method: 'GET', path }, situation);
      expect([route.operationId, problem]).toEqual([route.operationId, null]);
    }
  });

  test('own ids are found by every operation that reads', async () => {
    const situation = situations[kind];
    for (const route of inOrder().filter(({ method }) => method === 'GET')) {
      const query = route.operationId === 'getSchedule' ? scheduleWindow() : '';
      const { status } = await app.call(
        'GET',
        `${pathOf(route, situation.own)}${query}`,
        undefined,
        situation.key,
      );
      expect([route.operationId, status]).toEqual([route.operationId, 200]);
    }
  });

  test('in every place of every operation they are refused or without effect, and nothing is shown', async () => {
    const situation = situations[kind];
    const before = await stateOf(situation);
    const cases = inOrder().flatMap((route) => casesOf(route, situation));
    const problems: string[] = [];
    for (const each of cases) {
      const problem = await findProblem(each, situation);
      if (problem !== null) problems.push(`${each.what}: ${problem}`);
    }
    expect(problems).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(178);
    await app.app.jobs.runDue();
    expect(await countForeignUses(situation)).toBe(0);
    expect(await stateOf(situation)).toEqual(before);
  });
});

function scheduleWindow(): string {
  const day = (days: number) => new Date(app.clock.now().getTime() + days * 86_400_000).toISOString();
  return `?from=${day(0)}&to=${day(7)}`;
}

test('the rows that refuse a restricted key are refused with 403', async () => {
  const { key, own } = situations.account;
  for (const [operationId, { isRefused }] of Object.entries(restrictedKeys)) {
    const route = routes.find((each) => each.operationId === operationId);
    if (!isRefused || !route) continue;
    expect(scopesOf(route)).not.toEqual([]);
    const { status } = await app.call(route.method, pathOf(route, own), {}, key);
    expect([operationId, status]).toEqual([operationId, 403]);
  }
});
