// SQL of the room's gauges. Its cost is limited: see GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';
import { gaugeCountMax } from '../../platform/metrics.ts';

interface VideoCounts {
  uploading: number;
  processing: number;
  ready: number;
}

/** Counts the videos that queued posts wait for. The rows of other posts are removed by a sweep. */
export async function countVideoUploads(connection: Connection): Promise<VideoCounts> {
  const { rows } = await sql<VideoCounts>`
    select count(*) filter (where status = 'uploading') as uploading,
      count(*) filter (where status = 'processing') as processing,
      count(*) filter (where status = 'ready') as ready
    from (select status from video_uploads limit ${gaugeCountMax}) uploads
  `.execute(connection);
  return rows[0] ?? { uploading: 0, processing: 0, ready: 0 };
}

interface AppBudgetState {
  environment: string;
  pausedUntil: Date | null;
  /** Writes of a Trial app today (UTC). */
  writes: number;
}

/** Lists budgets by environment, because metrics must not show the id of an app. */
export async function listAppBudgets(connection: Connection, now: Date): Promise<AppBudgetState[]> {
  const today = now.toISOString().slice(0, 10);
  const { rows } = await sql<AppBudgetState>`
    select split_part(app, ':', 1) as environment, max(paused_until) as "pausedUntil",
      coalesce(sum(writes) filter (where day = ${today}::date), 0)::bigint as writes
    from app_budgets group by 1
  `.execute(connection);
  return rows;
}
