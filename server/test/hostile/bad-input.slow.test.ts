// Sends every route bad requests that are derived from its declaration: never a 5xx, always the envelope, never another
// tenant's data, unknown fields always named.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Route } from '../../src/platform/http/contract/route.ts';
import { createTestApp, type PinterestAccount, type TestApp } from '../app.ts';
import { errorLevel } from '../log.ts';
import { type Belongings, pathOf, sampleBody, type Tenants } from '../route-samples.ts';
import { type Attack, attacksOn } from './bad-input.ts';

/** Only the other tenant's data contain this word. */
const marker = 'Quagga';
const casesMin = 5_000;
const concurrency = 8;
const answerMsMax = 20_000;
const betweenMs = 10_000;

let app: TestApp;
let tenants: Tenants;
let foreignIds: string[];
let foreignKey: string;

beforeAll(async () => {
  // This test does not concern the rate limit.
  app = await createTestApp({ config: { ratePerMinute: 1_000_000 } });
  const account = await app.connectAccount({ boards: ['Recipes', 'Garden'], sections: ['Soups'] });
  await app.createPost(account, { sendAt: new Date(app.clock.now().getTime() + 86_400_000).toISOString() });
  const foreignTenant = await app.makeKey({ organization: marker });
  foreignKey = foreignTenant.key;
  const foreignAccount = await app.connectAccount({
    boards: [`${marker} board`],
    sections: [`${marker} section`],
    organizationId: foreignTenant.organizationId,
  });
  const own = { ...(await idsOf(app.organizationId)), ...idsAtPinterest(account) };
  const foreign = { ...(await idsOf(foreignTenant.organizationId)), ...idsAtPinterest(foreignAccount) };
  const pictureUrl = app.picture();
  await makeOneOfEach(account, { own: toMap(own), foreign: new Map(), pictureUrl }, app.key);
  await makeOneOfEach(foreignAccount, { own: toMap(foreign), foreign: new Map(), pictureUrl }, foreignKey);
  tenants = {
    own: toMap({ ...own, ...(await idsOf(app.organizationId)) }),
    foreign: toMap({ ...foreign, ...(await idsOf(foreignTenant.organizationId)) }),
    pictureUrl,
  };
  // The attacking key must not be revoked by an attack.
  const inUse = await app.database.db
    .selectFrom('api_keys')
    .select('id')
    .where('prefix', '=', app.key.slice(0, 12))
    .execute();
  const spare = (tenants.own.get('key') ?? []).filter((id) => inUse.every((key) => key.id !== id));
  tenants = { ...tenants, own: new Map([...tenants.own, ['key', spare]]) };
  foreignIds = [...tenants.foreign.values()].flat();
});
afterAll(() => app.stop());

function toMap(ids: Record<string, string[]>): Belongings {
  return new Map(Object.entries(ids));
}

function idsAtPinterest(account: PinterestAccount): Record<string, string[]> {
  return { boardId: Object.values(account.boards) };
}

/** Returns the ids in every table with organizations, by prefix. */
async function idsOf(organizationId: string): Promise<Record<string, string[]>> {
  const { pool } = app.database;
  const tables = await pool.query<{ name: string }>(`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name in ('id', 'organization_id') and data_type = 'text'
    group by table_name having count(*) = 2`);
  const ids: Record<string, string[]> = {};
  for (const { name } of tables.rows) {
    const sample = await pool.query<{ id: string }>(
      `select id from "${name}" where organization_id = $1 order by id limit 3`,
      [organizationId],
    );
    for (const { id } of sample.rows) {
      const prefix = id.split('_')[0] ?? '';
      ids[prefix] = [...(ids[prefix] ?? []), id];
    }
  }
  return ids;
}

/** Creates one of everything that can be created, with the tenant's name, as targets of attacks. */
async function makeOneOfEach(account: PinterestAccount, of: Tenants, key: string): Promise<void> {
  const makers = app.app.routes.filter(({ method, status }) => method === 'POST' && status === 201);
  for (const route of makers) {
    const text = JSON.stringify(sampleBody(route, of) ?? {});
    const body = key === foreignKey ? text.replaceAll('Zebra', marker) : text;
    await app.call('POST', pathOf(route, of.own, { accountId: account.accountId }), body, key);
  }
}

async function launch({ method, path, body, headers = {}, key }: Attack) {
  const isRaw = typeof body === 'string' || body instanceof Buffer;
  const sent =
    body === undefined ? undefined : isRaw ? (body as string | Buffer<ArrayBuffer>) : JSON.stringify(body);
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${app.key}` }),
      ...(sent !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    signal: AbortSignal.timeout(answerMsMax),
  });
  return { status: answer.status, requestId: answer.headers.get('x-request-id'), text: await answer.text() };
}

interface Envelope {
  data?: unknown;
  error?: { code?: unknown; message?: unknown; details?: { path: string; code: string; message: string }[] };
  meta?: { requestId?: unknown };
}

/** Returns the problem with the response, or null. */
async function findProblem(attack: Attack): Promise<string | null> {
  const { status, requestId, text } = await launch(attack);
  if (status >= 500) return `answers ${status}: ${text}`;
  if (attack.method === 'HEAD') return requestId === null ? 'has no request id' : null;
  let answer: Envelope;
  try {
    answer = JSON.parse(text) as Envelope;
  } catch {
    return `answers ${status} with no JSON: ${text.slice(0, 100)}`;
  }
  if (answer.meta?.requestId !== requestId) return 'has another request id in the body than in the header';
  const isRefusal = status >= 400;
  if (isRefusal && (typeof answer.error?.code !== 'string' || typeof answer.error.message !== 'string')) {
    return `answers ${status} without the envelope: ${text.slice(0, 100)}`;
  }
  if (!isRefusal && answer.data === undefined) return `answers ${status} without data`;
  // A route that validates may report the problem in its data.
  if (!isRefusal && isJudgedBad(answer.data)) return leakIn(text, attack);
  if (attack.isRefused && !isRefusal) return `is accepted: ${status}`;
  const details = answer.error?.details ?? [];
  if (details.some(({ code, message }) => !code || !message)) return 'has a detail that says nothing';
  for (const name of attack.unknownFields ?? []) {
    const isNamed = details.some(({ path, code }) => path === name && code === 'unknown_field');
    if (!isNamed) return `does not name the unknown field ${name}: ${text.slice(0, 200)}`;
  }
  return leakIn(text, attack);
}

function isJudgedBad(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'ok' in data && data.ok === false;
}

/** Finds the other tenant's texts, or an id of theirs that was not in the request. */
function leakIn(text: string, { path, body }: Attack): string | null {
  const sent = `${decodeURIComponent(path.replaceAll(/%(?:ff|fe)/g, ''))} ${JSON.stringify(body ?? null)}`;
  if (text.includes(marker)) return `reveals the other tenant: ${text.slice(0, 200)}`;
  const leaked = foreignIds.find((id) => text.includes(id) && !sent.includes(id));
  return leaked ? `reveals the other tenant's ${leaked}` : null;
}

async function failuresOf(attacks: readonly Attack[]): Promise<string[]> {
  const failures: string[] = [];
  for (let next = 0; next < attacks.length; next += concurrency) {
    const batch = attacks.slice(next, next + concurrency);
    // This test does not concern the simulator's rate limits either.
    app.clock.advance(betweenMs);
    const verdicts = await Promise.all(
      batch.map((attack) =>
        findProblem(attack).catch((error: unknown) => `gets no answer: ${String(error)}`),
      ),
    );
    verdicts.forEach((verdict, index) => {
      const attack = batch[index];
      if (verdict && attack) failures.push(`${attack.operationId}, ${attack.what}: ${verdict}`);
    });
  }
  return failures;
}

test('both tenants have one of everything that can be created', () => {
  for (const belongings of [tenants.own, tenants.foreign]) {
    expect([...belongings.keys()]).toEqual(expect.arrayContaining(['acc', 'post', 'med', 'boardId']));
  }
});

test('at least 5,000 bad requests to all routes cause no 5xx, always return the envelope, and reveal nothing of another tenant', {
  timeout: 240_000,
}, async () => {
  const routes: readonly Route[] = app.app.routes;
  const attacks = attacksOn(routes, tenants);
  const failures = await failuresOf(attacks);
  console.log(
    `bad input: ${attacks.length} requests on ${routes.length} routes, ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
  expect(attacks.length).toBeGreaterThanOrEqual(casesMin);
  expect(new Set(attacks.map(({ operationId }) => operationId)).size).toBe(routes.length);
});

test('bad requests leave the other tenant’s data unchanged', async () => {
  const { rows } = await app.database.pool.query<{ count: number }>(
    `select count(*)::int as count from accounts a join organizations o on o.id = a.organization_id
     where o.name = $1 and a.access_token is not null`,
    [marker],
  );
  expect(rows[0]?.count).toBe(1);
});

test('bad requests cause no error in the log', () => {
  const bugs = app.logLines.filter(({ level }) => level >= errorLevel);
  expect(bugs.map(({ msg, err }) => [msg, err])).toEqual([]);
});
