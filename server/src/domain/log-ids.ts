// The ids of log lines besides `requestId`: the account and the post of the work.
import { runWithLogIds } from '../platform/log-ids.ts';
import type { IdPrefix } from './ids.ts';

/** The name of each id with its prefix. A request's log lines have the path parameters with these names. */
export const logIdPrefixes = { accountId: 'acc', postId: 'post' } as const satisfies Record<string, IdPrefix>;

/** Runs `work`; its log lines have these ids, besides those of the work that it is part of. */
export const withLogIds: <T>(ids: { [name in keyof typeof logIdPrefixes]?: string }, work: () => T) => T =
  runWithLogIds;
