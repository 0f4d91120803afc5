// The ids that log lines have besides `requestId`: which account and post the work is for.
import { runWithLogIds } from '../platform/log-ids.ts';
import type { IdPrefix } from './ids.ts';

/** Name, which is also the path parameter that a request's log lines take it from, and prefix. */
export const logIdPrefixes = { accountId: 'acc', postId: 'post' } as const satisfies Record<string, IdPrefix>;

/** Runs `work`; its log lines have these ids, besides those of the work that it is part of. */
export const withLogIds: <T>(ids: { [name in keyof typeof logIdPrefixes]?: string }, work: () => T) => T =
  runWithLogIds;
