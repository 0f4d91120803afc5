// What a worker does with one account while it holds its lane.

import { withLogIds } from '../../../domain/log-ids.ts';
import { isUnknown } from '../../../domain/post-states.ts';
import { addMs } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { environmentOf } from '../../accounts/index.ts';
import type { PostRow } from '../../posts/index.ts';
import type { Opening } from '../lane/claim.queries.ts';
import { type ConfirmParts, confirmPost, firstLookAt } from './confirm-post.ts';
import type { HeldLane } from './held-lane.ts';
import { isMissed, meetPause, missed, type PauseParts } from './late-posts.ts';
import type { PublishGate } from './publish-gate.ts';
import { type PublishInput, type PublishParts, publishPost } from './publish-post.ts';

export interface LaneParts extends PublishParts, ConfirmParts, PauseParts {
  publishGate: PublishGate;
}

/** After so many posts the account goes to the back of the line, so that a long queue delays nobody else. */
const postsPerTurn = 10;
/** How long an account without a working token rests; connecting it again wakes it at once. */
const unauthorizedRestMs = 15 * 60 * 1000;

/** Serves what is due in the lane, up to a fair share. */
export async function serveLane(
  parts: LaneParts,
  lane: HeldLane,
  { log, isStopping }: { log: Log; isStopping(): boolean },
): Promise<void> {
  const { account, first } = lane.opening ?? (await open(parts, lane));
  const token = account.token_authorized ? parts.accounts.accessToken(account) : null;
  if (token === null) {
    lane.isAway = true;
    lane.notBefore = addMs(parts.clock.now(), unauthorizedRestMs);
    return;
  }
  const pausedUntil = await parts.appBudget.pausedUntil(environmentOf(account));
  if (pausedUntil !== null) {
    lane.notBefore = pausedUntil;
    return;
  }
  let post = first;
  for (let served = 1; post && !lane.isLost && !isStopping(); served += 1) {
    // What has fallen due since this one was found, the lane wakes for when it is let go of.
    const isLast = post.is_last_due === true || served === postsPerTurn;
    const input = { lane, account, token, post, isLast, log };
    await withLogIds({ postId: post.id }, () => servePost(parts, input, isStopping));
    if (isLast || lane.isLost || lane.notBefore !== null) return;
    // A queue that rests must not keep lost answers from being looked for.
    const looksOnly = lane.queueNotBefore !== null;
    post = await parts.lanes.findDuePost(account, parts.clock.now(), { looksOnly });
  }
}

/** What the claim could not tell: somebody else was in the lane a moment ago, or has left something in flight. */
async function open(parts: LaneParts, lane: HeldLane): Promise<Opening> {
  // What does not depend on each other is asked for at once.
  const [inFlight, account] = await Promise.all([
    parts.lanes.listInFlight(lane.accountId),
    parts.lanes.getAccount(lane.accountId),
  ]);
  await recover(parts, lane, inFlight);
  const first = await parts.lanes.findDuePost(account, parts.clock.now(), { looksOnly: false });
  return { account, first };
}

/** What is due is looked for, kept from going out, or published. */
async function servePost(parts: LaneParts, input: PublishInput, isStopping: () => boolean): Promise<void> {
  const { account, lane, post } = input;
  if (isUnknown(post)) await confirmPost(parts, input);
  else if (account.publishing === 'paused') await meetPause(parts, input);
  else if (account.missed_policy === 'hold' && isMissed(post, lane))
    await lane.move(post, { move: 'miss', failure: missed });
  else
    await parts.publishGate.run(environmentOf(account), async () => {
      // It may have waited for its turn.
      if (!isStopping()) await publishPost(parts, input);
    });
}

/**
 * A lane is served by one worker at a time, so a post that is in flight when the lane is leased was left by a worker that
 * died: nobody knows whether its Pin exists.
 */
async function recover(parts: LaneParts, lane: HeldLane, inFlight: readonly PostRow[]): Promise<void> {
  for (const post of inFlight)
    await lane.move(post, { move: 'lose', lookAt: firstLookAt(parts), failure: workerDied });
}

const workerDied = {
  code: 'answer_lost',
  message: 'Pintail was stopped while Pinterest was being asked for the Pin.',
  remediation: 'Pintail looks on Pinterest by itself whether the Pin exists.',
  retryable: true,
};
