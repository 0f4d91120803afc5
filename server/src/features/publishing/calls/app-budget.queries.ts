// SQL of the budgets of Pinterest apps: pauses, and the daily quota of writes.
import { type Connection, sql } from '../../../platform/db/index.ts';

/** Finds the end of the app's pause; null if it is not paused. */
export async function findAppPause(connection: Connection, app: string, now: Date): Promise<Date | null> {
  const row = await connection
    .selectFrom('app_budgets')
    .select('paused_until')
    .where('app', '=', app)
    .where('paused_until', '>', now)
    .executeTakeFirst();
  return row?.paused_until ?? null;
}

/** Pauses the app. The later of two pauses applies. */
export async function pauseApp(connection: Connection, app: string, until: Date, now: Date): Promise<void> {
  await sql`
    insert into app_budgets (app, paused_until, day)
    values (${app}, ${until}, ${utcDay(now)})
    on conflict (app) do update set paused_until = greatest(app_budgets.paused_until, excluded.paused_until)
  `.execute(connection);
}

/** Uses one write of today's quota. Returns false if it is spent. */
export async function spendWrite(
  connection: Connection,
  app: string,
  perDay: number,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql`
    insert into app_budgets (app, day, writes) values (${app}, ${utcDay(now)}, 1)
    on conflict (app) do update set
      day = excluded.day,
      writes = case when app_budgets.day = excluded.day then app_budgets.writes + 1 else 1 end
    where app_budgets.day <> excluded.day or app_budgets.writes < ${perDay}
    returning writes
  `.execute(connection);
  return rows.length === 1;
}

function utcDay(now: Date): string {
  return now.toISOString().slice(0, 10);
}
