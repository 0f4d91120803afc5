// What the metrics tell of the database's contents. Each statement must cost about the same with ten posts
// stored and with ten million: partial indexes of the unfinished, small tables, and a bound on every count.
import { type Connection, sql } from '../../platform/db/index.ts';

/** Posts of one kind are counted up to here. */
export const countMax = 100_000;

/** `queued`, `uploading`, `publishing`, `unknown`: what is on its way. Finished posts are never counted. */
export async function countUnfinished(connection: Connection): Promise<Record<string, number>> {
  // What runs (posts_due) is queued or unknown; the few unknown are known from posts_in_flight.
  const { rows } = await sql<{ state: string; count: number }>`
    with in_flight as materialized (
      select state, run_at is not null as runs from posts
      where state in ('uploading', 'publishing', 'unknown') limit ${countMax}
    )
    select state, count(*) as count from in_flight group by state
    union all
    select 'queued', greatest(0, (
      select count(*) from (select 1 from posts where run_at is not null limit ${countMax}) due
    ) - (select count(*) from in_flight where state = 'unknown' and runs))
  `.execute(connection);
  const none = { queued: 0, uploading: 0, publishing: 0, unknown: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
}

/** Queued posts whose time has passed: a short walk of the index posts_listed for each account. */
export async function countMissed(connection: Connection, before: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select 1 from accounts a cross join lateral (
        select 1 from posts p
        where p.account_id = a.id and p.status = 'queued' and p.listed_at <= ${before} and p.deleted_at is null
        limit 1000
      ) missed limit ${countMax}
    ) all_missed
  `.execute(connection);
  return rows[0]?.count ?? 0;
}

export interface LaneCounts {
  due: number;
  held: number;
  resting: number;
  /** Since when the lane that waits longest has been due. */
  dueSince: Date | null;
}

/** One row per account. */
export async function countLanes(connection: Connection, now: Date): Promise<LaneCounts> {
  const isFree = sql`(lease_until is null or lease_until <= ${now})`;
  const { rows } = await sql<LaneCounts>`
    select
      count(*) filter (where wake_at <= ${now} and ${isFree}) as due,
      count(*) filter (where lease_until > ${now}) as held,
      count(*) filter (where wake_at is not null and not_before > ${now}) as resting,
      min(wake_at) filter (where wake_at <= ${now} and ${isFree}) as "dueSince"
    from lanes
  `.execute(connection);
  return rows[0] ?? { due: 0, held: 0, resting: 0, dueSince: null };
}

/** How many accounts Pinterest lets in, and how many have to be connected again. */
export async function countAccounts(connection: Connection): Promise<{ ok: number; unauthorized: number }> {
  const { rows } = await sql<{ ok: number; unauthorized: number }>`
    select count(*) filter (where token_authorized) as ok,
      count(*) filter (where not token_authorized) as unauthorized
    from accounts
  `.execute(connection);
  return rows[0] ?? { ok: 0, unauthorized: 0 };
}

export interface VideoCounts {
  uploading: number;
  processing: number;
  ready: number;
}

/** Videos that queued posts wait for; a row goes with its post's end. */
export async function countVideoUploads(connection: Connection): Promise<VideoCounts> {
  const { rows } = await sql<VideoCounts>`
    select count(*) filter (where status = 'uploading') as uploading,
      count(*) filter (where status = 'processing') as processing,
      count(*) filter (where status = 'ready') as ready
    from (select status from video_uploads limit ${countMax}) uploads
  `.execute(connection);
  return rows[0] ?? { uploading: 0, processing: 0, ready: 0 };
}

export interface WebhookCounts {
  active: number;
  failing: number;
  disabled: number;
  /** Since when the delivery that waits longest has been due, where nothing keeps it from being sent. */
  dueSince: Date | null;
}

/** One row per webhook, and for each one look into the index webhook_deliveries_due. */
export async function countWebhooksByState(connection: Connection, now: Date): Promise<WebhookCounts> {
  const { rows } = await sql<WebhookCounts>`
    select count(*) filter (where disabled_at is null and failures = 0) as active,
      count(*) filter (where disabled_at is null and failures > 0) as failing,
      count(*) filter (where disabled_at is not null) as disabled,
      (
        select min(due.next_attempt_at) from webhooks w cross join lateral (
          select d.next_attempt_at from webhook_deliveries d
          where d.webhook_id = w.id and d.state = 'pending' and d.next_attempt_at <= ${now}
          order by d.next_attempt_at limit 1
        ) due
        where w.disabled_at is null and (w.quiet_until is null or w.quiet_until <= ${now})
      ) as "dueSince"
    from webhooks
  `.execute(connection);
  return rows[0] ?? { active: 0, failing: 0, disabled: 0, dueSince: null };
}

export interface BatchCounts {
  /** Entries that no post was made of yet. */
  waiting: number;
  /** When the oldest batch that is not completed came. */
  since: Date | null;
}

/** From indexes of the unfinished alone. */
export async function countBatches(connection: Connection): Promise<BatchCounts> {
  const { rows } = await sql<BatchCounts>`
    select
      (select count(*) from (
        select 1 from batch_entries where status = 'pending' limit ${countMax}
      ) entries) as waiting,
      (select min(created_at) from batches where status = 'processing') as since
  `.execute(connection);
  return rows[0] ?? { waiting: 0, since: null };
}

/** Posts whose outcome only a person can settle: unknown, and nothing more to look for. */
export async function countUndecided(connection: Connection): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from posts where state = 'unknown' and run_at is null
  `.execute(connection);
  return rows[0]?.count ?? 0;
}

export interface AppBudgetState {
  environment: string;
  pausedUntil: Date | null;
  /** Of a Trial app, today (UTC). */
  writes: number;
}

/** By environment; the id of the app is nobody's business here. */
export async function listAppBudgets(connection: Connection, now: Date): Promise<AppBudgetState[]> {
  const today = now.toISOString().slice(0, 10);
  const { rows } = await sql<AppBudgetState>`
    select split_part(app, ':', 1) as environment, max(paused_until) as "pausedUntil",
      coalesce(sum(writes) filter (where day = ${today}::date), 0)::bigint as writes
    from app_budgets group by 1
  `.execute(connection);
  return rows;
}
