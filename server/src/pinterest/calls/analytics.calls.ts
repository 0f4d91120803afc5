// Analytics of Pins and accounts. Days are UTC; Pinterest answers up to 90 days back, 90 days at a time. The sandbox has no
// analytics.
import { z } from 'zod';
import type { Answer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { isPinterestId } from './ids.ts';

export interface MetricsQuery {
  /** `YYYY-MM-DD`, UTC. */
  startDate: string;
  endDate: string;
  /** IMPRESSION, OUTBOUND_CLICK, PIN_CLICK, SAVE, …; required for a Pin, all when absent for an account. */
  metricTypes?: readonly string[];
  appTypes?: 'ALL' | 'MOBILE' | 'TABLET' | 'WEB';
  splitField?: string;
}

export interface Metrics {
  daily: { date: string; status: string | null; metrics: Record<string, number> }[];
  summary: Record<string, number>;
  /** Empty for accounts. */
  lifetime: Record<string, number>;
}

/** By split; without one there is a single entry, under a name that is not documented (`all` by common use). */
export type MetricsBySplit = Record<string, Metrics>;

export interface AnalyticsCalls {
  getPinAnalytics(
    token: string,
    pinId: string,
    query: MetricsQuery & { metricTypes: readonly string[] },
  ): Promise<Answer<MetricsBySplit>>;
  getAccountAnalytics(token: string, query: MetricsQuery): Promise<Answer<MetricsBySplit>>;
}

/** A number that is missing (null while data is processed) is left out: it is not 0. */
const numbers = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(null)
  .transform((raw) => {
    const present = Object.entries(raw ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    return Object.fromEntries(present);
  });

const day = z.object({
  date: z.string(),
  data_status: z.string().nullish().catch(null),
  metrics: numbers,
});

const metricsSchema = z
  .object({
    daily_metrics: z.array(z.unknown()).nullish().catch(null),
    summary_metrics: numbers,
    lifetime_metrics: numbers,
  })
  .transform(
    (raw): Metrics => ({
      daily: (raw.daily_metrics ?? [])
        .map((entry) => day.safeParse(entry))
        .filter((read) => read.success)
        .map(({ data }) => ({ date: data.date, status: data.data_status ?? null, metrics: data.metrics })),
      summary: raw.summary_metrics,
      lifetime: raw.lifetime_metrics,
    }),
  );

const bySplitSchema = z.record(z.string(), metricsSchema);

export function analyticsCalls(caller: Caller): AnalyticsCalls {
  function ask(
    operation: string,
    token: string,
    path: string,
    query: MetricsQuery,
  ): Promise<Answer<MetricsBySplit>> {
    return caller.answer({
      operation,
      method: 'GET',
      path,
      query: {
        start_date: query.startDate,
        end_date: query.endDate,
        metric_types: query.metricTypes?.join(','),
        app_types: query.appTypes,
        split_field: query.splitField,
      },
      authorization: { token },
      expects: bySplitSchema,
    });
  }

  return {
    async getPinAnalytics(token, pinId, query) {
      if (!isPinterestId(pinId)) return { kind: 'failed', ...caller.refuse('a Pin id is digits') };
      return ask('getPinAnalytics', token, `/pins/${pinId}/analytics`, query);
    },
    getAccountAnalytics: (token, query) =>
      ask('getAccountAnalytics', token, '/user_account/analytics', query),
  };
}
