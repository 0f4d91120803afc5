// Resolves a post whose create answer was lost, by searching Pinterest for its Pin. Never creates anything.

import type { Failure, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import { type AccountRow, type AccountsForWork, environmentOf } from '../../accounts/index.ts';
import type { PostFailure, PostRow, Step } from '../../posts/index.ts';
import { matchingPins } from '../calls/match-pin.ts';
import { retryDelayMs } from '../calls/retry.ts';
import type { LaneStore } from '../lane/lane-store.ts';
import { type Served, served } from './served.ts';

export interface ConfirmParts {
  lanes: LaneStore;
  clock: Clock;
  pinterest: Pick<PinterestEnvironments, 'of' | 'pinUrl'>;
  accounts: AccountsForWork;
  /** The wait before each search. After the last one without a match, the Pin is considered not to exist. */
  confirmDelaysMs: readonly number[];
  random(): number;
}

/** Returns the time of the first search after an answer was lost. */
export function firstConfirmAt({
  clock,
  confirmDelaysMs,
}: Pick<ConfirmParts, 'clock' | 'confirmDelaysMs'>): Date {
  return addMs(clock.now(), confirmDelaysMs[0] ?? 0);
}

/** Pages of 250 Pins. Pinterest does not document the order of the list, so all Pins are read, up to this limit. */
const pagesMax = 40;

/** Searches the board once. Returns the move that follows from the result. */
export async function confirmPost(
  parts: ConfirmParts,
  { account, token, post }: { account: AccountRow; token: string; post: PostRow },
): Promise<Served> {
  const now = parts.clock.now();
  // The constraints attempt_is_recorded and scheduled_is_complete guarantee both.
  if (post.attempt_started_at === null || post.board_id === null)
    throw new Error(`post ${post.id} has no attempt`);
  const answer = await parts.pinterest
    .of(environmentOf(account))
    .listBoardPins(token, post.board_id, { pagesMax });
  if (answer.kind === 'failed') return cannotSearch(parts, post, answer.failure);
  const candidates = matchingPins(
    {
      title: post.title,
      description: post.description,
      url: post.url,
      altText: post.alt_text,
      mediaKind: post.carousel === null ? (post.media_type as 'image' | 'video') : 'carousel',
      startedAt: post.attempt_started_at,
    },
    answer.value.pins,
  );
  const ids = candidates.map((pin) => pin.id);
  const owned = await parts.lanes.listOwnedPinIds(post.account_id, ids);
  const pinIds = ids.filter((id) => !owned.has(id));
  const nextDelayMs = parts.confirmDelaysMs[post.searches + 1];
  const nextAt = nextDelayMs === undefined ? null : addMs(now, nextDelayMs);
  return served(post, stepAfter(parts, { pinIds, isComplete: answer.value.complete, nextAt, account }));
}

/** Returns the move after a search that failed, which does not count as a search. */
function cannotSearch(parts: ConfirmParts, post: PostRow, failure: Failure): Served {
  const confirmAt = addMs(parts.clock.now(), retryDelayMs(failure, 0, parts.random()));
  return {
    ...served(
      post,
      { move: 'searchAgain', confirmAt, failure: notSeen, counts: false, found: 0 },
      failure.scope === 'post' ? {} : { notBefore: confirmAt },
    ),
    ...(failure.accountProblem === 'unauthorized' && {
      report: { kind: 'token_refused', reason: failure.reason },
    }),
  };
}

interface SearchResult {
  /** Pins that could be the post's, and belong to no other post. */
  pinIds: readonly string[];
  /** Whether the whole board was read. */
  isComplete: boolean;
  /** The next search; null after the last one. */
  nextAt: Date | null;
  account: Pick<AccountRow, 'unknown_policy' | 'environment'>;
}

function stepAfter(
  { pinterest }: Pick<ConfirmParts, 'pinterest'>,
  { pinIds, isComplete, nextAt, account }: SearchResult,
): Step {
  const [pinId] = pinIds;
  const matches = pinIds.length;
  if (matches > 1) return { move: 'giveUp', failure: severalPins, found: matches };
  if (pinId !== undefined) {
    return { move: 'find', pinId, pinUrl: pinterest.pinUrl(environmentOf(account), pinId) };
  }
  if (nextAt !== null)
    return { move: 'searchAgain', confirmAt: nextAt, failure: notThereYet, counts: true, found: matches };
  if (!isComplete) return { move: 'giveUp', failure: boardTooLarge, found: matches };
  if (account.unknown_policy === 'ask') return { move: 'giveUp', failure: waitsForDecision, found: matches };
  return { move: 'clear' };
}

const remediationByHand =
  'Look on the board, then resolve the post: POST /v1/accounts/{accountId}/posts/{postId}/resolve with the outcome "published" and the id of the Pin, or "not_published" if there is none.';

const notSeen: PostFailure = {
  code: 'answer_lost',
  message: 'The response was lost, so the Pin may exist. Pinterest cannot be searched right now.',
  remediation: 'Nothing to do: Pintail searches again automatically.',
  retryable: true,
};

const notThereYet: PostFailure = {
  code: 'answer_lost',
  message: 'The response was lost, so the Pin may exist. It is not on the board so far.',
  remediation: 'Nothing to do: Pintail searches again automatically.',
  retryable: true,
};

const waitsForDecision: PostFailure = {
  code: 'waits_for_decision',
  message: 'The response was lost, and the Pin is not on the board. The account is set to ask a person.',
  remediation: remediationByHand,
  retryable: false,
};

const severalPins: PostFailure = {
  code: 'several_pins_match',
  message: 'The response was lost, and more than one Pin on the board could be the one of this post.',
  remediation: remediationByHand,
  retryable: false,
};

const boardTooLarge: PostFailure = {
  code: 'board_too_large_to_search',
  message: 'The response was lost, and the board has too many Pins to be searched completely.',
  remediation: remediationByHand,
  retryable: false,
};
