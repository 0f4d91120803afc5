// Rate limits as reported for Pinterest (docs/pinterest.md#rate-limits): per user and app by second and by minute
// for each category, and per app and day for Trial. Counted by the simulator's clock.

import { Refusal } from '../ground/refusal.ts';
import type { Settings } from '../ground/settings.ts';
import type { App } from '../store/model.ts';

export type Category = 'org_read' | 'org_write' | 'org_analytics';

interface Bucket {
  startedAtMs: number;
  used: number;
}

interface Rule {
  key: string;
  limit: number;
  windowSeconds: number;
}

export interface LimitCall {
  accountId: string;
  app: App;
  category: Category;
}

export interface Limits {
  /** Counts the call and returns the headers for its response, or throws the 429. */
  take(call: LimitCall, settings: Settings['limits'], nowMs: number): Record<string, string>;
  clear(): void;
}

export function createLimits(): Limits {
  const buckets = new Map<string, Bucket>();

  function bucketOf(rule: Rule, nowMs: number): Bucket {
    const current = buckets.get(rule.key);
    // A clock set backwards starts a new window instead of leaving the bucket full forever.
    const isOpen =
      current !== undefined &&
      nowMs >= current.startedAtMs &&
      nowMs < current.startedAtMs + rule.windowSeconds * 1_000;
    if (isOpen) return current;
    const fresh = { startedAtMs: nowMs, used: 0 };
    buckets.set(rule.key, fresh);
    return fresh;
  }

  return {
    take(call, settings, nowMs) {
      if (!settings.enabled) return {};
      const open = rulesFor(call, settings).map((rule) => ({ rule, bucket: bucketOf(rule, nowMs) }));
      const wait = ({ rule, bucket }: { rule: Rule; bucket: Bucket }) =>
        Math.max(1, Math.ceil((bucket.startedAtMs + rule.windowSeconds * 1_000 - nowMs) / 1_000));

      const spent = open.filter(({ rule, bucket }) => bucket.used >= rule.limit);
      const longest = spent.sort((left, right) => wait(right) - wait(left))[0];
      if (longest !== undefined) {
        const headers = headersFor(longest.rule, 0, wait(longest), settings, nowMs);
        if (settings.headers !== 'none') headers['x-envoy-ratelimited'] = 'true';
        throw new Refusal(429, 8, 'You have exceeded your rate limit. Try again later.', headers);
      }
      for (const { bucket } of open) bucket.used += 1;
      // The headers describe the limit with the fewest calls left.
      const tightest = open.sort(
        (left, right) => left.rule.limit - left.bucket.used - (right.rule.limit - right.bucket.used),
      )[0];
      if (tightest === undefined) return {};
      const { rule, bucket } = tightest;
      return headersFor(
        rule,
        rule.limit - bucket.used,
        wait(tightest),
        { ...settings, retryAfter: 'none' },
        nowMs,
      );
    },
    clear: () => buckets.clear(),
  };
}

function rulesFor({ accountId, app, category }: LimitCall, settings: Settings['limits']): Rule[] {
  if (app.level === 'trial') {
    const rules = [{ key: `${app.id} day`, limit: settings.trialCallsPerDay, windowSeconds: 86_400 }];
    if (category === 'org_write') {
      rules.push({ key: `${app.id} day writes`, limit: settings.trialWritesPerDay, windowSeconds: 86_400 });
    }
    return rules;
  }
  const perMinute = {
    org_read: settings.readsPerMinute,
    org_write: settings.writesPerMinute,
    org_analytics: settings.analyticsPerMinute,
  }[category];
  const caller = `${app.id} ${accountId}`;
  return [
    { key: `${caller} second`, limit: settings.perSecond, windowSeconds: 1 },
    { key: `${caller} ${category}`, limit: perMinute, windowSeconds: 60 },
  ];
}

function headersFor(
  rule: Rule,
  remaining: number,
  resetSeconds: number,
  settings: Settings['limits'],
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (settings.headers !== 'none') {
    const limit = String(rule.limit);
    headers['x-ratelimit-limit'] =
      settings.headers === 'list' ? `${limit}, ${limit};w=${rule.windowSeconds}` : limit;
    headers['x-ratelimit-remaining'] = String(remaining);
    // Seconds to wait, not a moment.
    headers['x-ratelimit-reset'] = String(resetSeconds);
  }
  if (settings.retryAfter === 'seconds') headers['retry-after'] = String(resetSeconds);
  if (settings.retryAfter === 'date') {
    headers['retry-after'] = new Date(nowMs + resetSeconds * 1_000).toUTCString();
  }
  return headers;
}
