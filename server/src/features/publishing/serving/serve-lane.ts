// Serves one account under the lease of its lane. Serving a post returns moves; this file writes them, immediately or
// with the release.

import { withLogIds } from '../../../domain/log-ids.ts';
import { isUnknown } from '../../../domain/post-states.ts';
import { addMs } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { environmentOf } from '../../accounts/index.ts';
import type { PostRow } from '../../posts/index.ts';
import type { Opening } from '../lane/claim-lanes.queries.ts';
import type { PlannedMove } from '../lane/lane-store.ts';
import { type ConfirmParts, confirmPost, firstConfirmAt } from './confirm-post.ts';
import { isMissed, meetPause, missed, type PauseParts } from './late-posts.ts';
import type { LeasedLane } from './leased-lane.ts';
import type { PublishGate } from './publish-gate.ts';
import { type PublishInput, type PublishParts, publishPost } from './publish-post.ts';
import { nothingToWrite, type Served, served } from './served.ts';

export interface LaneParts extends PublishParts, ConfirmParts, PauseParts {
  publishGate: PublishGate;
}

/**
 * Posts per lease. Then the account goes to the end of the queue, so that a long queue does not delay other accounts.
 */
const postsPerLease = 10;
/** How long an account without a working token is not served; connecting it again wakes its lane immediately. */
const unauthorizedLaneRestMs = 15 * 60 * 1000;

/** How to release a lane that was served. */
export interface LaneResult {
  rest: Served['rest'];
  /** A move that is written together with the release, which saves a transaction. */
  last?: PlannedMove;
}

/** Serves the due posts of the lane, at most `postsPerLease`. */
export async function serveLane(
  parts: LaneParts,
  lane: LeasedLane,
  { log, stopping }: { log: Log; stopping: AbortSignal },
): Promise<LaneResult> {
  const { account, first } = lane.opening ?? (await open(parts, lane));
  const token = account.token_authorized ? parts.accounts.accessToken(account) : null;
  if (token === null)
    return { rest: { isAway: true, notBefore: addMs(parts.clock.now(), unauthorizedLaneRestMs) } };
  const pausedUntil = await parts.appBudget.pausedUntil(environmentOf(account));
  if (pausedUntil !== null) return { rest: { notBefore: pausedUntil } };
  let rest: LaneResult['rest'] = {};
  let post = first;
  for (let count = 1; post && lane.isHeld() && !stopping.aborted; count += 1) {
    // The release sets a wake-up for posts that have become due since this post was read.
    const isLastPost = post.is_last_due === true || count === postsPerLease;
    const input = { lane, account, token, post, log };
    const result = await withLogIds({ postId: post.id }, () => servePost(parts, input, stopping));
    rest = { ...rest, ...result.rest };
    const isOver = isLastPost || (rest.notBefore ?? null) !== null || stopping.aborted;
    const last = await write(parts, input, result, isOver);
    if (isOver) return { rest, ...(last && { last }) };
    // Lost Pins are searched for even while the queue is delayed.
    const unknownOnly = (rest.queueNotBefore ?? null) !== null;
    post = await parts.lanes.findDuePost(account, parts.clock.now(), { unknownOnly });
  }
  return { rest };
}

/**
 * Writes the steps and acts on the report. If the lease is over and there is no report, returns the last step instead,
 * to be written with the release; a report must be acted on after all steps are written.
 */
async function write(
  parts: LaneParts,
  { lane, account }: PublishInput,
  { steps, report }: Served,
  isOver: boolean,
): Promise<PlannedMove | undefined> {
  const last = isOver && !report ? steps.at(-1) : undefined;
  for (const step of last ? steps.slice(0, -1) : steps) {
    // The post or the lease has changed in the meantime: the next worker reads the post again.
    if (!(await lane.move(step))) return undefined;
  }
  if (report?.kind === 'app_paused') await parts.appBudget.pause(environmentOf(account), report.until);
  if (report?.kind === 'token_refused') await parts.accounts.tokenRefused(account, report.reason);
  return last;
}

/**
 * Reads the opening if the claim could not, because another worker had just leased the lane or left a post in flight.
 */
async function open(parts: LaneParts, lane: LeasedLane): Promise<Opening> {
  const [inFlight, account] = await Promise.all([
    parts.lanes.listInFlight(lane.accountId),
    parts.lanes.getAccount(lane.accountId),
  ]);
  await recover(parts, lane, inFlight);
  const first = await parts.lanes.findDuePost(account, parts.clock.now(), { unknownOnly: false });
  return { account, first };
}

/** Confirms, holds back or publishes a due post. */
async function servePost(parts: LaneParts, input: PublishInput, stopping: AbortSignal): Promise<Served> {
  const { account, lane, post } = input;
  if (isUnknown(post)) return confirmPost(parts, input);
  if (account.publishing === 'paused') return meetPause(parts, input);
  if (account.missed_policy === 'hold' && isMissed(post, lane))
    return served(post, { move: 'miss', failure: missed });
  return parts.publishGate.run(environmentOf(account), async () =>
    // The worker may have begun to stop while the post waited for a permit.
    stopping.aborted ? nothingToWrite : publishPost(parts, input),
  );
}

/**
 * Moves posts in flight to `unknown`. A lane is served by one worker at a time, so a post that is in flight when the
 * lane is leased was left by a worker that died, and its Pin may exist.
 */
async function recover(parts: LaneParts, lane: LeasedLane, inFlight: readonly PostRow[]): Promise<void> {
  for (const post of inFlight)
    await lane.move({
      post,
      step: { move: 'lose', confirmAt: firstConfirmAt(parts), failure: workerDied },
    });
}

const workerDied = {
  code: 'answer_lost',
  message: 'Pintail was stopped while it was creating the Pin, so the Pin may exist.',
  remediation: 'Nothing to do: Pintail searches Pinterest for the Pin automatically.',
  retryable: true,
};
