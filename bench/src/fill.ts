// Fills a database by SQL with accounts and millions of posts, which would take hours through the API. The rows are
// those that the API would have written.
import type pg from 'pg';
import { newId } from '../../server/src/domain/ids.ts';
import { createEncryption } from '../../server/src/platform/encryption.ts';

export interface Account {
  id: string;
  /** The same for the account of this number in every site, so that they can share a simulator. */
  pinterestUserId: string;
  boardId: string;
  accessToken: string;
}

const accountOf = (number: number): Omit<Account, 'id'> => ({
  pinterestUserId: String(700_000_000_000_000_000n + BigInt(number)),
  boardId: String(600_000_000_000_000_000n + BigInt(number)),
  accessToken: `pina_bench_${number}`,
});

/** Returns the accounts with these numbers, for seeding the simulator. */
export function simulatedAccounts(from: number, until: number): Omit<Account, 'id'>[] {
  return Array.from({ length: until - from }, (_, index) => accountOf(from + index));
}

export interface AddAccounts {
  organizationId: string;
  count: number;
  /** Hexadecimal. */
  encryptionKey: string;
}

export async function addAccounts(
  sql: pg.Pool,
  { organizationId, count, encryptionKey }: AddAccounts,
): Promise<Account[]> {
  const encryption = createEncryption(Buffer.from(encryptionKey, 'hex'));
  const accounts = Array.from({ length: count }, (_, number) => ({
    id: newId('acc'),
    ...accountOf(number),
  }));
  const columns = {
    id: accounts.map((account) => account.id),
    userId: accounts.map((account) => account.pinterestUserId),
    boardId: accounts.map((account) => account.boardId),
    token: accounts.map((account) => encryption.encrypt(account.accessToken, account.id)),
  };
  await sql.query(
    `insert into accounts (id, organization_id, environment, pinterest_user_id, username, display_name,
       access_token, tokens_stored_at, boards_fetched_at, created_at, updated_at)
     select id, $4, 'simulator', user_id, 'bench_' || user_id, 'Bench', token, now(), now(), now(), now()
     from unnest($1::text[], $2::text[], $3::bytea[]) as a (id, user_id, token)`,
    [columns.id, columns.userId, columns.token, organizationId],
  );
  await sql.query('insert into lanes (account_id) select unnest($1::text[])', [columns.id]);
  await sql.query(
    `insert into boards (account_id, id, name, is_collaborator, is_secret, position)
     select id, board_id, 'Bench', false, false, 0 from unnest($1::text[], $2::text[]) as a (id, board_id)`,
    [columns.id, columns.boardId],
  );
  return accounts;
}

export interface AddPosts {
  organizationId: string;
  mediaId: string;
  /** The posts are distributed over them in turn. */
  accounts: readonly Account[];
  count: number;
  /** Identifies the posts: part of the link, `https://example.com/TAG/NUMBER`. Differs at each call. */
  tag: string;
  /** The due time of the first post. */
  from: Date;
  /** The time between two posts. */
  stepMs: number;
}

/** From this number on, indexes are dropped first and recreated afterwards, which takes a third of the time. */
const manyPosts = 300_000;

let idSpace = 0;

const dayMs = 24 * 3600 * 1000;

/** Adds posts that are due over 300 days from the day after tomorrow: stored while other posts are measured. */
export async function addLaterPosts(
  sql: pg.Pool,
  site: Pick<AddPosts, 'organizationId' | 'mediaId' | 'accounts'>,
  count: number,
): Promise<void> {
  const from = new Date(Date.now() + 2 * dayMs);
  await addPosts(sql, { ...site, tag: 'later', count, from, stepMs: (300 * dayMs) / count });
}

/** Adds queued posts, and wakes their lanes for them. */
export async function addPosts(sql: pg.Pool, add: AddPosts): Promise<void> {
  const isMany = add.count >= manyPosts;
  idSpace += 1;
  await withLoader(sql, async (client) => {
    const indexes = isMany ? await dropIndexes(client) : [];
    if (isMany) {
      const middle = Math.floor(add.count / 2);
      await Promise.all([
        insertPosts(client, add, 0, middle),
        withLoader(sql, (loader) => insertPosts(loader, add, middle, add.count)),
      ]);
    } else {
      await insertPosts(client, add, 0, add.count);
    }
    for (const index of indexes) await client.query(index);
    if (isMany) await client.query('vacuum analyze posts');
    else if (add.count >= 10_000) await client.query('analyze posts');
    await wakeLanes(client, add);
    await client.query('analyze lanes');
  });
}

/** Runs work without foreign key checks, which would take most of the time. */
async function withLoader(sql: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await sql.connect();
  try {
    await client.query(`set session_replication_role = replica; set maintenance_work_mem = '512MB'`);
    await work(client);
    await client.query('reset session_replication_role; reset maintenance_work_mem');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function dropIndexes(client: pg.PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i where i.indrelid = 'posts'::regclass
       and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)`,
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map((row) => row.definition);
}

/** Inserts the posts with numbers from `first` up to `end`. */
async function insertPosts(client: pg.PoolClient, add: AddPosts, first: number, end: number): Promise<void> {
  // Ids sort by creation time, as real ones do.
  await client.query(
    `insert into posts (id, organization_id, account_id, state, title, description, url, destination_key, board_id,
       is_simplified_pin, media_type, media_id, source_media_url, send_at, run_at, match_key, created_at, updated_at)
     select
       'post_01' || lpad($1::text, 6, '0') || lpad(n::text, 18, '0'), $2, a.id, 'queued',
       'Lemon tart no. ' || n, 'Crisp, sour, done in an hour. The crust is blind-baked; ' || n || ' eggs will not do.',
       'https://example.com/' || $3::text || '/' || n, 'example.com/' || $3::text || '/' || n, a.board_id,
       true, 'image', $4, 'https://example.com/lemon-tart.jpg',
       due.at, due.at, substr(encode(sha256((($3::text || n))::bytea), 'hex'), 1, 43), now(), now()
     from generate_series($10::bigint, $5::bigint - 1) n
     join unnest($6::text[], $7::text[]) with ordinality as a (id, board_id, number)
       on a.number = n % cardinality($6::text[]) + 1
     cross join lateral (select $8::timestamptz + n * make_interval(secs => $9::float8 / 1000) as at) due`,
    [
      idSpace,
      add.organizationId,
      add.tag,
      add.mediaId,
      end,
      add.accounts.map((account) => account.id),
      add.accounts.map((account) => account.boardId),
      add.from,
      add.stepMs,
      first,
    ],
  );
}

/** Wakes each lane for its first post at the latest, as `lowerWake` does for one lane. */
async function wakeLanes(client: pg.PoolClient, { accounts, count, from, stepMs }: AddPosts): Promise<void> {
  await client.query(
    `update lanes set wake_at = first.at
     from (
       select id, $2::timestamptz + (number - 1) * make_interval(secs => $3::float8 / 1000) as at
       from unnest($1::text[]) with ordinality as a (id, number)
     ) first
     where lanes.account_id = first.id and (lanes.wake_at is null or lanes.wake_at > first.at)`,
    [accounts.slice(0, count).map((account) => account.id), from, stepMs],
  );
}
