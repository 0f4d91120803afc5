// SQL of the room's gauges. Its cost is limited: see GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';

interface WebhookCounts {
  active: number;
  failing: number;
  disabled: number;
  /** When the delivery that has waited longest became due, among those that can be sent. */
  dueSince: Date | null;
}

/** Reads one row per webhook, with one read of the index webhook_deliveries_due for each. */
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
