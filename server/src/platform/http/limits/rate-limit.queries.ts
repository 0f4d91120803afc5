import { type Connection, sql } from '../../db/index.ts';

/** Draws requests from the supply of a key or an organization for the minute. Returns the number drawn by all processes, including these. */
export async function drawRequests(
  connection: Connection,
  { id, windowStart, count }: { id: string; windowStart: Date; count: number },
): Promise<number> {
  const isPast = sql`(held.window_start < excluded.window_start
    or held.window_start > excluded.window_start + interval '1 minute')`;
  const { rows } = await sql<{ drawn: number }>`
    insert into rate_windows as held (subject_id, window_start, drawn)
    values (${id}, ${windowStart}, ${count})
    on conflict (subject_id) do update set
      -- A process whose clock is behind draws from the newer minute. A minute further ahead was before the clock was set
      -- back.
      window_start = case when ${isPast} then excluded.window_start else held.window_start end,
      drawn = case when ${isPast} then 0 else held.drawn end + excluded.drawn
    returning drawn`.execute(connection);
  const [row] = rows;
  if (!row) throw new Error('the upsert returned no row');
  return row.drawn;
}
