// Publishes one due post: reads its media, commits that a Pin may exist, calls Pinterest, and returns the next move.

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
import { uploadTriesMax } from '../videos/serve-upload.ts';
import type { VideoStore } from '../videos/video-store.ts';
import { firstConfirmAt } from './confirm-post.ts';
import type { LeasedLane } from './leased-lane.ts';
import { nothingToWrite, type Report, type Served, served } from './served.ts';

export interface PublishParts extends PinBodyParts {
  clock: Clock;
  pinterest: Pick<PinterestEnvironments, 'of' | 'pinUrl'>;
  accounts: AccountsForWork;
  appBudget: AppBudget;
  videos: Pick<VideoStore, 'findReady' | 'sendAgain'>;
  /** The wait before each search for a lost Pin. */
  confirmDelaysMs: readonly number[];
  /** From 0 to 1. */
  random(): number;
}

export interface PublishInput {
  lane: LeasedLane;
  account: AccountRow;
  token: string;
  post: PostRow;
  log: Log;
}

interface Asked extends PublishInput {
  /** Pinterest's id of the uploaded video for the Pin; null for pictures. */
  video: string | null;
}

/**
 * Publishes one post. Only the move `mediaReady` is written here: once it is committed, a Pin may exist. Until then the
 * post is queued, and users can still change it.
 */
export async function publishPost(parts: PublishParts, input: PublishInput): Promise<Served> {
  const { lane, log, post } = input;
  const isVideo = post.media_type === 'video';
  const video = isVideo ? await parts.videos.findReady(post) : null;
  // The post's video was just replaced. The lane wakes when Pinterest has the new video.
  if (isVideo && video === null) return nothingToWrite;
  const read = await (video === null ? readPictures(parts.media, post) : readCover(parts.media, post, video));
  if (read.kind === 'too_big') return served(post, { move: 'refuse', failure: carouselTooBig });
  if (read.kind === 'away') {
    const delayMs = retryDelayMs({ retryAfterMs: null }, post.postponements, parts.random());
    const runAt = addMs(parts.clock.now(), delayMs);
    return served(post, { move: 'postpone', runAt, failure: mediaAway });
  }
  const spentUntil = await parts.appBudget.spend(environmentOf(input.account));
  if (spentUntil !== null)
    return served(
      post,
      { move: 'postpone', runAt: spentUntil, failure: quotaSpent },
      { notBefore: spentUntil },
    );
  // From this commit on, a Pin may exist.
  const publishing = await lane.move({ post, step: { move: 'mediaReady' } });
  if (!publishing) return nothingToWrite;
  const pinterest = parts.pinterest.of(environmentOf(input.account));
  // The worker with the next lease resolves the post by searching; a create at this point could make a second Pin.
  // Publishing an identical post before that outcome is known could too, so the lane does not continue.
  if (!lane.isHeld()) return nothingToWrite;
  const outcome = await pinterest.createPin(
    input.token,
    toPin(publishing, read.source, parts.sendIsStandard),
  );
  log.info(
    { postId: post.id, outcome: outcome.kind, status: outcome.call.status, ms: outcome.call.durationMs },
    'publish',
  );
  return servedBy(parts, { ...input, post: publishing, video }, outcome);
}

const quotaSpent: PostFailure = {
  code: 'rate_limited',
  message: "Today's quota of writes that Pinterest grants an app with Trial access is spent.",
  remediation: 'Publishing continues automatically tomorrow (UTC). Request Standard access from Pinterest.',
  retryable: true,
};

/** Returns when the account's rate limit is renewed, if it is used up; otherwise null. */
function nextAllowed({ rateLimit }: Call, now: Date): Date | null {
  if (rateLimit?.remaining !== 0 || rateLimit.resetSeconds === null) return null;
  return addMs(now, rateLimit.resetSeconds * 1000);
}

/** The move that follows from Pinterest's answer. */
async function servedBy(parts: PublishParts, input: Asked, outcome: CreateOutcome): Promise<Served> {
  const { post } = input;
  const pinterest = toTrace(outcome.call);
  switch (outcome.kind) {
    case 'created': {
      const pinId = outcome.pin.id;
      return served(
        post,
        {
          move: 'accept',
          pinId,
          pinUrl: parts.pinterest.pinUrl(environmentOf(input.account), pinId),
          pinterest,
        },
        { notBefore: nextAllowed(outcome.call, parts.clock.now()) },
      );
    }
    case 'lost':
      return served(post, {
        move: 'lose',
        confirmAt: firstConfirmAt(parts),
        failure: toPostFailure(outcome.failure),
        pinterest,
      });
    case 'refused':
      // The token was refused, not the post: the queue waits for a new token.
      if (outcome.failure.accountProblem === 'unauthorized') return postponed(parts, post, outcome);
      if (await canUploadAgain(parts, input, outcome.failure))
        // The post is due immediately, and waits for its video.
        return served(post, { move: 'postpone', runAt: parts.clock.now(), ...reasonOf(outcome) });
      return served(post, { move: 'refuse', ...reasonOf(outcome) });
    case 'postponed':
      return postponed(parts, post, outcome);
  }
}

/** Refusals that may mean that Pinterest has removed the video. Pinterest has no specific code for this. */
const mayMeanVideo: ReadonlySet<string> = new Set(['media_not_found', 'not_found', 'invalid_request']);

/** Starts the upload again if Pinterest refused the post because it has removed the video. Returns whether it did. */
async function canUploadAgain(
  parts: PublishParts,
  { account, token, post, video }: Asked,
  failure: Failure,
): Promise<boolean> {
  if (video === null || !mayMeanVideo.has(failure.reason)) return false;
  const answer = await parts.pinterest.of(environmentOf(account)).getMedia(token, video);
  if (answer.kind === 'ok' && answer.value.status === 'succeeded') return false;
  return parts.videos.sendAgain(post.id, { now: parts.clock.now(), triesMax: uploadTriesMax });
}

interface FailedCall {
  failure: Failure;
  call: Call;
}

function reasonOf({ failure, call }: FailedCall) {
  return { failure: toPostFailure(failure), pinterest: toTrace(call) };
}

/** The delay before a post is retried after a refused token, which is refreshed in the meantime. */
const afterRefreshMs = 5_000;

/**
 * Returns the result after a failure in which Pinterest certainly created nothing and a retry may succeed. A failure of
 * the whole account also delays its other posts; their `sendAt` is unchanged.
 */
function postponed({ clock, random }: PublishParts, post: PostRow, failed: FailedCall): Served {
  const { failure } = failed;
  if (failure.scope === 'post' && !mayRetry(failure, post.postponements))
    return served(post, { move: 'refuse', ...reasonOf(failed) });
  const delayMs =
    failure.reason === 'token_invalid' ? afterRefreshMs : retryDelayMs(failure, post.postponements, random());
  const runAt = addMs(clock.now(), delayMs);
  const step: Step = { move: 'postpone', runAt, ...reasonOf(failed) };
  if (failure.scope === 'post') return served(post, step);
  return { ...served(post, step, { notBefore: runAt }), report: reportOf(failure, runAt) };
}

function reportOf(failure: Failure, until: Date): Report | undefined {
  if (failure.accountProblem === 'unauthorized') return { kind: 'token_refused', reason: failure.reason };
  if (failure.scope === 'app' && failure.reason === 'rate_limited') return { kind: 'app_paused', until };
  return undefined;
}
