// Runs a call on the model and on PostgreSQL, and compares the results and then every row.
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../src/platform/db/index.ts';
import { Refusal } from '../../src/platform/errors.ts';
import type { Model } from './model-store.ts';

/** @param place Where the calls are now, for the text of an error. */
export function createComparison({
  database,
  model,
  place,
}: {
  database: Database;
  model: Model;
  place(): { seed: number; count: number; now: Date };
}) {
  const callCounts: Record<string, number> = {};
  const log: string[] = [];

  async function both(name: string, input: unknown, ofModel: () => unknown, ofSql: () => Promise<unknown>) {
    callCounts[name] = (callCounts[name] ?? 0) + 1;
    log.push(`${place().now.toISOString()} ${name} ${JSON.stringify(input)}`);
    const [ofFirst, ofSecond] = [await outcome(ofModel), await outcome(ofSql)];
    if (!isDeepStrictEqual(ofFirst, ofSecond)) throw difference('answers', ofFirst, ofSecond);
    await compareRows();
    return ofFirst.value;
  }

  async function compareRows(): Promise<void> {
    const [posts, lanes] = await Promise.all([
      database.db.selectFrom('posts').selectAll().execute(),
      database.db.selectFrom('lanes').selectAll().execute(),
    ]);
    const byId = new Map(posts.map((post) => [post.id, post]));
    for (const account of model.accounts.values()) {
      for (const post of account.posts.values()) {
        if (!isDeepStrictEqual(plain(post), plain(byId.get(post.id))))
          throw difference('rows', post, byId.get(post.id));
        byId.delete(post.id);
      }
      const row = lanes.find((lane) => lane.account_id === account.row.id);
      const { lane } = account;
      const stored = row && {
        wakeAt: ms(row.wake_at),
        notBefore: ms(row.not_before),
        owner: row.owner,
        leaseUntil: ms(row.lease_until),
        fence: row.fence,
        pacedUntil: ms(row.paced_until),
        awayUntil: ms(row.away_until),
      };
      if (!isDeepStrictEqual(lane, stored)) throw difference('lanes', lane, stored);
    }
    if (byId.size > 0) throw difference('posts', [], [...byId.keys()]);
  }

  function difference(what: string, ofModel: unknown, ofSql: unknown): Error {
    const { seed, count } = place();
    const last = log.slice(-30).join('\n');
    return new Error(
      `seed ${seed}, call ${count}: ${what} differ\nmodel ${JSON.stringify(ofModel)}\nSQL   ${JSON.stringify(ofSql)}\n${last}`,
    );
  }

  return { both, callCounts };
}

/** The result of a call: its value, or the comparable part of its error. */
async function outcome(act: () => unknown): Promise<{ value?: unknown; threw?: string }> {
  try {
    return { value: plain(await act()) };
  } catch (error) {
    if (error instanceof Refusal) return { threw: error.declaration.message };
    if (!(error instanceof Error)) throw error;
    const constraint =
      'constraint' in error ? error.constraint : /^constraint (\w+)/.exec(error.message)?.[1];
    if (!constraint) throw error;
    return { threw: `constraint ${String(constraint)}` };
  }
}

/** Returns PostgreSQL's row without the fields that only its reader adds. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof Set)
    return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

/** The driver reads 'infinity' as a number. */
function ms(moment: Date | null): number | null {
  return moment === null ? null : Number(moment);
}
