// The metrics of analytics: their names, and values computed from a digest, so that repeated requests return the same.
import { createHash } from 'node:crypto';
import { z } from 'zod';

const onlyVideo = [
  'VIDEO_MRC_VIEW',
  'VIDEO_10S_VIEW',
  'QUARTILE_95_PERCENT_VIEW',
  'VIDEO_V50_WATCH_TIME',
  'VIDEO_START',
  'VIDEO_AVG_WATCH_TIME',
] as const;

export const pinMetrics = [
  'IMPRESSION',
  'OUTBOUND_CLICK',
  'PIN_CLICK',
  'SAVE',
  'SAVE_RATE',
  'TOTAL_COMMENTS',
  'TOTAL_REACTIONS',
  'USER_FOLLOW',
  'PROFILE_VISIT',
  ...onlyVideo,
] as const;

export const accountMetrics = [
  'ENGAGEMENT',
  'ENGAGEMENT_RATE',
  'IMPRESSION',
  'OUTBOUND_CLICK',
  'OUTBOUND_CLICK_RATE',
  'PIN_CLICK',
  'PIN_CLICK_RATE',
  'SAVE',
  'SAVE_RATE',
] as const;

export const videoMetrics = ['IMPRESSION', 'SAVE', 'OUTBOUND_CLICK', ...onlyVideo] as const;

export interface Day {
  date: string;
  data_status: 'READY' | 'ESTIMATE' | 'PROCESSING' | 'BEFORE_PIN_CREATED';
  metrics?: Record<string, number>;
}

/** A valid date as YYYY-MM-DD. */
export const dayShape = z.iso.date();

/** Returns every day from start to end, or null when the end is before the start. */
export function daysBetween(start: string, end: string): string[] | null {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  if (to < from) return null;
  // One more than any query may request, which is enough to detect that it requests too many.
  const count = Math.min(Math.round((to - from) / 86_400_000) + 1, 92);
  return Array.from({ length: count }, (_, day) =>
    new Date(from + day * 86_400_000).toISOString().slice(0, 10),
  );
}

export function metricsOf(seed: string, names: readonly string[]): Record<string, number> {
  const draw = createHash('sha256').update(seed).digest();
  const impressions = 40 + (draw[0] ?? 0) * 3;
  const part = (index: number, of: number) => Math.floor((impressions * (draw[index] ?? 0)) / 255 / of);
  const counts: Record<string, number> = {
    IMPRESSION: impressions,
    OUTBOUND_CLICK: part(1, 12),
    PIN_CLICK: part(2, 6),
    SAVE: part(3, 10),
    TOTAL_COMMENTS: part(4, 100),
    TOTAL_REACTIONS: part(5, 40),
    USER_FOLLOW: part(6, 150),
    PROFILE_VISIT: part(7, 60),
    ENGAGEMENT: part(1, 12) + part(2, 6) + part(3, 10),
    VIDEO_START: part(8, 1),
    VIDEO_MRC_VIEW: part(8, 2),
    VIDEO_10S_VIEW: part(8, 5),
    QUARTILE_95_PERCENT_VIEW: part(8, 9),
    VIDEO_V50_WATCH_TIME: part(8, 1) * 400,
    VIDEO_AVG_WATCH_TIME: 400 + part(9, 1),
  };
  return Object.fromEntries(names.map((name) => [name, metricOf(counts, name)]));
}

function metricOf(counts: Record<string, number>, name: string): number {
  if (!name.endsWith('_RATE')) return counts[name] ?? 0;
  const whole = counts.IMPRESSION ?? 0;
  return whole === 0 ? 0 : Math.round(((counts[name.slice(0, -5)] ?? 0) / whole) * 10_000) / 10_000;
}

/** Sums over the days that have numbers; rates from the sums, averages from the days. */
export function summaryOf(days: readonly Day[], names: readonly string[]): Record<string, number> {
  const counted = days.map(({ metrics }) => metrics).filter((metrics) => metrics !== undefined);
  const sum = (name: string) => counted.reduce((total, metrics) => total + (metrics[name] ?? 0), 0);
  const average = (name: string) =>
    counted.length === 0 ? 0 : Math.round((sum(name) / counted.length) * 10_000) / 10_000;
  return Object.fromEntries(
    names.map((name) => [name, /_RATE$|_AVG_/.test(name) ? average(name) : sum(name)]),
  );
}
