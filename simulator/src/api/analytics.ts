// Analytics: invented numbers in Pinterest's form, the same each time for the same Pin and day
// (docs/pinterest.md#analytics). Not available in the sandbox.
import { z } from 'zod';
import { Refusal } from '../ground/refusal.ts';
import { type Answer, type Call, operationTable } from '../http/operation.ts';
import { adAccount, check, digits, queryInteger, queryList } from '../http/parse.ts';
import type { Pin } from '../store/model.ts';
import { getPin } from './access.ts';
import {
  accountMetrics,
  type Day,
  dayShape,
  daysBetween,
  metricsOf,
  pinMetrics,
  summaryOf,
  videoMetrics,
} from './metrics.ts';

const dates = { start_date: dayShape, end_date: dayShape };
const appTypes = z.enum(['ALL', 'MOBILE', 'TABLET', 'WEB']).default('ALL');
const pinPath = z.object({ pin_id: digits });
const pinQuery = z.object({
  ...dates,
  ...adAccount,
  metric_types: queryList(pinMetrics),
  app_types: appTypes,
  split_field: z.enum(['NO_SPLIT', 'APP_TYPE']).default('NO_SPLIT'),
});
const pinsQuery = pinQuery.omit({ split_field: true }).extend({
  pin_ids: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(digits).min(1).max(100)),
});
const filters = {
  from_claimed_content: z.enum(['OTHER', 'CLAIMED', 'BOTH']).default('BOTH'),
  pin_format: z
    .enum([
      'ALL',
      'ORGANIC_IMAGE',
      'ORGANIC_PRODUCT',
      'ORGANIC_VIDEO',
      'ADS_STANDARD',
      'ADS_PRODUCT',
      'ADS_VIDEO',
      'ADS_IDEA',
    ])
    .default('ALL'),
  app_types: appTypes,
  content_type: z.enum(['ALL', 'PAID', 'ORGANIC']).default('ALL'),
  source: z.enum(['ALL', 'YOUR_PINS', 'OTHER_PINS']).default('ALL'),
};
const accountQuery = z.object({
  ...dates,
  ...adAccount,
  ...filters,
  metric_types: queryList(accountMetrics).default([...accountMetrics]),
  split_field: z.enum(['NO_SPLIT', 'APP_TYPE', 'OWNED_CONTENT', 'SOURCE', 'PIN_FORMAT']).default('NO_SPLIT'),
});
const top = { num_of_pins: queryInteger(1, 50, 10), created_in_last_n_days: z.enum(['30']).optional() };
const topQuery = z.object({
  ...dates,
  ...adAccount,
  ...filters,
  ...top,
  sort_by: z.enum(['ENGAGEMENT', 'IMPRESSION', 'OUTBOUND_CLICK', 'PIN_CLICK', 'SAVE']),
  metric_types: queryList(accountMetrics).default([...accountMetrics]),
});
const topVideoQuery = z.object({
  ...dates,
  ...adAccount,
  ...filters,
  ...top,
  sort_by: z.enum(videoMetrics),
  metric_types: queryList(videoMetrics).default([...videoMetrics]),
});

function readPinAnalytics(call: Call): Answer {
  const path = check(pinPath, call.params);
  const query = check(pinQuery, call.query);
  const days = requireDays(call, query, 'Invalid pins analytics parameters.');
  const pin = getPin(call, path.pin_id, 'boards:read', 'pins:read');
  const splits = query.split_field === 'APP_TYPE' ? ['MOBILE', 'TABLET', 'WEB'] : ['all'];
  const body = Object.fromEntries(
    splits.map((split) => [split, pinAnswer(call, pin, split, days, query.metric_types)]),
  );
  return { status: 200, body };
}

function readManyPinAnalytics(call: Call): Answer {
  const query = check(pinsQuery, call.query);
  const days = requireDays(call, query, 'Invalid multi_pins analytics parameters.');
  const pins = query.pin_ids.map((id) => getPin(call, id, 'boards:read', 'pins:read'));
  const body = Object.fromEntries(
    pins.map((pin) => [pin.id, { all: pinAnswer(call, pin, 'all', days, query.metric_types) }]),
  );
  return { status: 200, body };
}

function pinAnswer(call: Call, pin: Pin, split: string, days: readonly string[], metrics: readonly string[]) {
  const daily = days.map((date) => dayOf(call, `${pin.id} ${split}`, date, metrics, pin.createdAt));
  const counted = metrics.filter((name) => name.startsWith('TOTAL_'));
  const lifetime = metricsOf(`${pin.id} ${split} ever`, counted);
  return { daily_metrics: daily, summary_metrics: summaryOf(daily, metrics), lifetime_metrics: lifetime };
}

function readAccountAnalytics(call: Call): Answer {
  const query = check(accountQuery, call.query);
  const days = requireDays(call, query, 'Invalid user accounts analytics parameters.');
  const splits = {
    NO_SPLIT: ['all'],
    APP_TYPE: ['MOBILE', 'TABLET', 'WEB'],
    OWNED_CONTENT: ['CLAIMED', 'OTHER'],
    SOURCE: ['YOUR_PINS', 'OTHER_PINS'],
    PIN_FORMAT: ['ORGANIC_IMAGE', 'ORGANIC_PRODUCT', 'ORGANIC_VIDEO'],
  }[query.split_field];
  const answerFor = (split: string) => {
    const daily = days.map((date) =>
      dayOf(call, `${call.account.id} ${split}`, date, query.metric_types, null),
    );
    return { daily_metrics: daily, summary_metrics: summaryOf(daily, query.metric_types) };
  };
  return { status: 200, body: Object.fromEntries(splits.map((split) => [split, answerFor(split)])) };
}

function readTopPins(call: Call): Answer {
  return topAnswer(call, check(topQuery, call.query), () => true);
}

function readTopVideoPins(call: Call): Answer {
  return topAnswer(call, check(topVideoQuery, call.query), (pin) => pin.sourceType === 'video_id');
}

interface TopQuery {
  start_date: string;
  end_date: string;
  sort_by: string;
  metric_types: readonly string[];
  num_of_pins: number;
  created_in_last_n_days?: string | undefined;
}

function topAnswer(call: Call, query: TopQuery, isIncluded: (pin: Pin) => boolean): Answer {
  const days = requireDays(call, query, 'Invalid user accounts analytics parameters.');
  const monthAgoMs = call.clock.nowMs() - 30 * 86_400_000;
  const metricNames = [...new Set([...query.metric_types, query.sort_by])];
  const pins = call.store
    .pinsOfAccount(call.account.id)
    .filter(isIncluded)
    .filter((pin) => query.created_in_last_n_days === undefined || Date.parse(pin.createdAt) >= monthAgoMs)
    .map((pin) => {
      const daily = days.map((date) => dayOf(call, `${pin.id} all`, date, metricNames, pin.createdAt));
      return { pin, metrics: summaryOf(daily, metricNames) };
    })
    .sort((left, right) => (right.metrics[query.sort_by] ?? 0) - (left.metrics[query.sort_by] ?? 0))
    .slice(0, query.num_of_pins)
    .map(({ pin, metrics }) => ({
      pin_id: pin.id,
      metrics: Object.fromEntries(query.metric_types.map((name) => [name, metrics[name] ?? 0])),
      data_status: Object.fromEntries(query.metric_types.map((name) => [name, 'READY'])),
    }));
  const date_availability = { is_realtime: true, latest_available_timestamp: call.clock.nowMs() };
  return { status: 200, body: { date_availability, pins, sort_by: query.sort_by } };
}

/** The newest days are still being counted, and days before the Pin have no metrics (docs/pinterest.md#simulated-behavior, no. 29). */
function dayOf(
  call: Call,
  subject: string,
  date: string,
  metrics: readonly string[],
  createdAt: string | null,
): Day {
  const { processingDays, estimateDays } = call.settings().analytics;
  const age = Math.round((Date.parse(today(call)) - Date.parse(date)) / 86_400_000);
  if (createdAt !== null && date < createdAt.slice(0, 10)) return { date, data_status: 'BEFORE_PIN_CREATED' };
  if (age < processingDays) return { date, data_status: 'PROCESSING' };
  const data_status = age < processingDays + estimateDays ? 'ESTIMATE' : 'READY';
  return { date, data_status, metrics: metricsOf(`${subject} ${date}`, metrics) };
}

function today(call: Call): string {
  return call.clock.now().toISOString().slice(0, 10);
}

/** Returns the days of a range that starts at most 90 days ago and does not end in the future, or throws 400. */
function requireDays(call: Call, query: { start_date: string; end_date: string }, message: string): string[] {
  const days = daysBetween(query.start_date, query.end_date);
  const oldest = new Date(Date.parse(today(call)) - 90 * 86_400_000).toISOString().slice(0, 10);
  const isFine =
    days !== null && days.length <= 91 && query.start_date >= oldest && query.end_date <= today(call);
  if (!isFine) throw new Refusal(400, 400, message);
  return days;
}

const topPins = { scopes: ['pins:read', 'user_accounts:read'], takesClientCredentials: true };

export const analyticsOperations = operationTable(
  { category: 'org_analytics', scopes: ['boards:read', 'pins:read'], isMissingInSandbox: true },
  [
    ['pins/analytics', 'GET /pins/:pin_id/analytics', readPinAnalytics],
    ['multi_pins/analytics', 'GET /pins/analytics', readManyPinAnalytics],
    [
      'user_account/analytics',
      'GET /user_account/analytics',
      readAccountAnalytics,
      { scopes: ['user_accounts:read'] },
    ],
    ['user_account/analytics/top_pins', 'GET /user_account/analytics/top_pins', readTopPins, topPins],
    [
      'user_account/analytics/top_video_pins',
      'GET /user_account/analytics/top_video_pins',
      readTopVideoPins,
      topPins,
    ],
  ],
);
