// Settles a post whose answer was lost by looking on Pinterest. Never creates anything.

import type { PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import { type AccountRow, type AccountsForWork, environmentOf } from '../../accounts/index.ts';
import type { PostFailure, PostRow } from '../../posts/index.ts';
import { matchingPins } from '../calls/match-pin.ts';
import { retryDelayMs } from '../calls/retry.ts';
import type { LaneStore } from '../lane/lane-store.ts';
import type { HeldLane } from './held-lane.ts';

export interface ConfirmParts {
  lanes: LaneStore;
  clock: Clock;
  pinterest: Pick<PinterestEnvironments, 'of'>;
  accounts: AccountsForWork;
  /** The waits before each look; after the last one without a match the Pin is taken not to exist. */
  confirmDelaysMs: readonly number[];
  random(): number;
}

/** When to look first after an answer was lost. */
export function firstLookAt({
  clock,
  confirmDelaysMs,
}: Pick<ConfirmParts, 'clock' | 'confirmDelaysMs'>): Date {
  return addMs(clock.now(), confirmDelaysMs[0] ?? 0);
}

/** Pages of 250 Pins. Pinterest does not document the order of the list, so it is read whole up to here. */
const pagesMax = 40;

export async function confirmPost(
  parts: ConfirmParts,
  { lane, account, token, post }: { lane: HeldLane; account: AccountRow; token: string; post: PostRow },
): Promise<void> {
  const now = parts.clock.now();
  // The constraints attempt_is_recorded and scheduled_is_complete see to both.
  if (post.attempt_started_at === null || post.board_id === null)
    throw new Error(`post ${post.id} has no attempt`);
  const answer = await parts.pinterest
    .of(environmentOf(account))
    .listBoardPins(token, post.board_id, { pagesMax });
  if (answer.kind === 'failed') {
    // We could not see, so this does not count as a look.
    const lookAt = addMs(now, retryDelayMs(answer.failure, 0, parts.random()));
    if (answer.failure.scope !== 'post') lane.notBefore = lookAt;
    if (answer.failure.accountProblem === 'unauthorized') {
      await parts.accounts.tokenRefused(account, answer.failure.reason);
    }
    await lane.move(post, { move: 'look', lookAt, failure: notSeen, counts: false, found: 0 });
    return;
  }
  const candidates = matchingPins(
    {
      title: post.title,
      description: post.description,
      url: post.url,
      altText: post.alt_text,
      mediaKind: post.carousel === null ? post.media_type : 'carousel',
      startedAt: post.attempt_started_at,
    },
    answer.value.pins,
  );
  const ids = candidates.map((pin) => pin.id);
  const owned = await parts.lanes.listOwnedPinIds(post.account_id, ids);
  const free = ids.filter((id) => !owned.has(id));
  const [pinId] = free;
  if (pinId !== undefined && free.length === 1) {
    await lane.move(post, { move: 'find', pinId });
    return;
  }
  if (free.length > 1) {
    await lane.move(post, { move: 'giveUp', failure: severalPins, found: free.length });
    return;
  }
  const nextDelay = parts.confirmDelaysMs[post.looks + 1];
  if (nextDelay !== undefined) {
    await lane.move(post, {
      move: 'look',
      lookAt: addMs(now, nextDelay),
      failure: notThereYet,
      counts: true,
      found: 0,
    });
    return;
  }
  if (!answer.value.complete) {
    await lane.move(post, { move: 'giveUp', failure: boardTooLarge, found: 0 });
    return;
  }
  if (account.unknown_policy === 'ask') {
    await lane.move(post, { move: 'giveUp', failure: waitsForDecision, found: 0 });
    return;
  }
  await lane.move(post, { move: 'clear' });
}

const remediationByHand =
  'Look on the board, then say what became of the post: POST /v1/accounts/{accountId}/posts/{postId}/resolve with the outcome "published" and the id of the Pin, or "not_published" if there is none.';

const notSeen: PostFailure = {
  code: 'answer_lost',
  message: 'The answer to the Pin was lost, and Pinterest cannot be asked right now whether it exists.',
  remediation: 'Pintail goes on looking by itself.',
  retryable: true,
};

const notThereYet: PostFailure = {
  code: 'answer_lost',
  message: 'The answer to the Pin was lost. It is not on the board so far.',
  remediation: 'Pintail goes on looking by itself.',
  retryable: true,
};

const waitsForDecision: PostFailure = {
  code: 'waits_for_decision',
  message: 'The answer to the Pin was lost, and it is not on the board. The account is set to ask a person.',
  remediation: remediationByHand,
  retryable: false,
};

const severalPins: PostFailure = {
  code: 'several_pins_match',
  message: 'The answer to the Pin was lost, and more than one Pin on the board could be it.',
  remediation: remediationByHand,
  retryable: false,
};

const boardTooLarge: PostFailure = {
  code: 'board_too_large_to_search',
  message: 'The answer to the Pin was lost, and the board has too many Pins to be searched whole.',
  remediation: remediationByHand,
  retryable: false,
};
