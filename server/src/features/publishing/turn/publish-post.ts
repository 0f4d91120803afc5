// Carries one due post to Pinterest: prepare, mark, ask, settle.

import type { Call, CreateOutcome, Failure, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { type AccountRow, type AccountsForWork, environmentOf } from '../../accounts/index.ts';
import type { PostFailure, PostRow, Step } from '../../posts/index.ts';
import type { AppBudget } from '../calls/app-budget.ts';
import {
  carouselTooBig,
  mediaAway,
  type PinBodyParts,
  readCover,
  readPictures,
  toPin,
} from '../calls/pin-body.ts';
import { mayRetry, retryDelayMs, toPostFailure, toTrace } from '../calls/retry.ts';
import { uploadTriesMax } from '../videos/bring-video.ts';
import type { VideoStore } from '../videos/video-store.ts';
import { firstLookAt } from './confirm-post.ts';
import type { HeldLane } from './held-lane.ts';

export interface PublishParts extends PinBodyParts {
  clock: Clock;
  pinterest: Pick<PinterestEnvironments, 'of'>;
  accounts: AccountsForWork;
  appBudget: AppBudget;
  videos: Pick<VideoStore, 'findReady' | 'anew'>;
  /** The wait before the first look after a lost answer. */
  confirmDelaysMs: readonly number[];
  /** From 0 to 1. */
  random(): number;
}

export interface PublishInput {
  lane: HeldLane;
  account: AccountRow;
  token: string;
  post: PostRow;
  /** Whether the lane is let go of after this post. */
  isLast: boolean;
  log: Log;
}

interface Asked extends PublishInput {
  /** Pinterest's id of the uploaded video that the Pin was to be made of; null for pictures. */
  video: string | null;
}

/** Publishes one post. Whatever comes of it is written down before this resolves, or as the lane's last move. */
export async function publishPost(parts: PublishParts, input: PublishInput): Promise<void> {
  const { lane, log, post } = input;
  const isVideo = post.media_type === 'video';
  const video = isVideo ? await parts.videos.findReady(post) : null;
  // It was given another video a moment ago; the lane wakes when that one is at Pinterest.
  if (isVideo && video === null) return;
  // Until the line nothing is written down: the post stays queued, and whoever changes it meanwhile is in time.
  const read = await (video === null ? readPictures(parts.media, post) : readCover(parts.media, post, video));
  if (read.kind === 'too_big') {
    await lane.move(post, { move: 'refuse', failure: carouselTooBig });
    return;
  }
  if (read.kind === 'away') {
    const delayMs = retryDelayMs({ retryAfterMs: null }, post.postponements, parts.random());
    const runAt = addMs(parts.clock.now(), delayMs);
    await lane.move(post, { move: 'postpone', runAt, failure: mediaAway });
    return;
  }
  const spentUntil = await parts.appBudget.spend(environmentOf(input.account));
  if (spentUntil !== null) {
    await lane.move(post, { move: 'postpone', runAt: spentUntil, failure: quotaSpent });
    lane.notBefore = spentUntil;
    return;
  }
  // The line that matters: from this commit on, a Pin may exist.
  const publishing = await lane.move(post, { move: 'mediaReady' });
  if (!publishing) return;
  const pinterest = parts.pinterest.of(environmentOf(input.account));
  // Whoever takes the lane next settles the post by looking; asking now could make a second Pin. So could going on
  // with a post that is equal to this one, before it is known that its outcome is not.
  if (!lane.isHeld()) {
    lane.isLost = true;
    return;
  }
  const outcome = await pinterest.createPin(
    input.token,
    toPin(publishing, read.source, parts.sendIsStandard),
  );
  log.info(
    { postId: post.id, outcome: outcome.kind, status: outcome.call.status, ms: outcome.call.durationMs },
    'publish',
  );
  await settle(parts, { ...input, post: publishing, video }, outcome);
}

const quotaSpent: PostFailure = {
  code: 'rate_limited',
  message: "Today's quota of writes that Pinterest grants an app with Trial access is spent.",
  remediation: 'It goes on by itself tomorrow (UTC). Ask Pinterest for Standard access.',
  retryable: true,
};

/** When Pinterest says that the account's budget is used up, the next call would only be refused. */
function nextAllowed({ rateLimit }: Call, now: Date): Date | null {
  if (rateLimit?.remaining !== 0 || rateLimit.resetSeconds === null) return null;
  return addMs(now, rateLimit.resetSeconds * 1000);
}

async function settle(parts: PublishParts, input: Asked, outcome: CreateOutcome): Promise<void> {
  const { lane, post } = input;
  const now = parts.clock.now();
  const pinterest = toTrace(outcome.call);
  switch (outcome.kind) {
    case 'created':
      await settleWith(input, { move: 'accept', pinId: outcome.pin.id, pinterest });
      lane.notBefore = nextAllowed(outcome.call, now);
      return;
    case 'lost':
      await lane.move(post, {
        move: 'lose',
        lookAt: firstLookAt(parts),
        failure: toPostFailure(outcome.failure),
        pinterest,
      });
      return;
    case 'refused':
      // Nothing is wrong with the post where the account's token is to blame: the queue waits for a new one.
      if (outcome.failure.accountProblem === 'unauthorized') return putOff(parts, input, outcome);
      if (await bringVideoAnew(parts, input, outcome)) return;
      await lane.move(post, { move: 'refuse', failure: toPostFailure(outcome.failure), pinterest });
      return;
    case 'postponed':
      return putOff(parts, input, outcome);
  }
}

/** As a rule it is all that an account has to do at a time, and then costs no transaction of its own. */
async function settleWith({ lane, post, isLast }: PublishInput, step: Step): Promise<void> {
  if (isLast) lane.last = { post, step };
  else await lane.move(post, step);
}

/** Refusals that may mean that Pinterest no longer has the video; none of its codes says so. */
const mayMeanVideo: ReadonlySet<string> = new Set(['media_not_found', 'not_found', 'invalid_request']);

/** Whether the refusal was for a video that Pinterest has forgotten; then it is brought there once more. */
async function bringVideoAnew(
  parts: PublishParts,
  { lane, account, token, post, video }: Asked,
  { failure, call }: { failure: Failure; call: Call },
): Promise<boolean> {
  if (video === null || !mayMeanVideo.has(failure.reason)) return false;
  const answer = await parts.pinterest.of(environmentOf(account)).getMedia(token, video);
  if (answer.kind === 'ok' && answer.value.status === 'succeeded') return false;
  const now = parts.clock.now();
  if (!(await parts.videos.anew(post.id, { now, triesMax: uploadTriesMax }))) return false;
  // It is due at once, and waits for its video.
  await lane.move(post, {
    move: 'postpone',
    runAt: now,
    failure: toPostFailure(failure),
    pinterest: toTrace(call),
  });
  return true;
}

/** A refused token is refreshed meanwhile, and the post repeated once that is done. */
const afterRefreshMs = 5_000;

/** Pinterest surely made nothing, and waiting (or a person) may mend it. */
async function putOff(
  parts: PublishParts,
  input: PublishInput,
  { failure, call }: { failure: Failure; call: Call },
): Promise<void> {
  const { lane, post } = input;
  const said = { failure: toPostFailure(failure), pinterest: toTrace(call) };
  if (failure.scope === 'post' && !mayRetry(failure, post.postponements)) {
    await lane.move(post, { move: 'refuse', ...said });
    return;
  }
  const delayMs =
    failure.reason === 'token_invalid'
      ? afterRefreshMs
      : retryDelayMs(failure, post.postponements, parts.random());
  const runAt = addMs(parts.clock.now(), delayMs);
  await lane.move(post, { move: 'postpone', runAt, ...said });
  await holdAccount(parts, input, failure, runAt);
}

/** What concerns the whole account makes its other posts wait too; their `sendAt` stays. */
async function holdAccount(parts: PublishParts, input: PublishInput, failure: Failure, until: Date) {
  if (failure.scope === 'post') return;
  input.lane.notBefore = until;
  if (failure.scope === 'app' && failure.reason === 'rate_limited') {
    await parts.appBudget.pause(environmentOf(input.account), until);
  }
  if (failure.accountProblem === 'unauthorized') {
    await parts.accounts.tokenRefused(input.account, failure.reason);
  }
}
