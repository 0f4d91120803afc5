// Brings one video to Pinterest, or asks how far Pinterest is with it. Nothing here makes a Pin, so everything may
// be done again: an upload that nobody uses is no harm.

import type { Answer, Failure, PinterestEnvironments } from '../../../pinterest/index.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import { Outage } from '../../../platform/errors.ts';
import { type AccountRow, type AccountsForWork, environmentOf } from '../../accounts/index.ts';
import type { MediaService, VideoForPublishing } from '../../media/index.ts';
import type { PostFailure } from '../../posts/index.ts';
import type { AppBudget } from '../calls/app-budget.ts';
import { mediaAway } from '../calls/pin-body.ts';
import { retryDelayMs, toPostFailure, toTrace } from '../calls/retry.ts';
import type { LaneStore } from '../lane/lane-store.ts';
import type { UploadTrouble, VideoStore } from './video-store.ts';
import type { VideoUpload } from './video-uploads.queries.ts';

export interface BringVideoParts {
  clock: Clock;
  videos: VideoStore;
  lanes: Pick<LaneStore, 'getAccount'>;
  pinterest: Pick<PinterestEnvironments, 'of'>;
  accounts: AccountsForWork;
  appBudget: AppBudget;
  media: Pick<MediaService, 'openVideo'>;
  /** From 0 to 1. */
  random(): number;
}

/** So often a video is sent to Pinterest before its post fails. */
export const uploadTriesMax = 3;
/** Pinterest says nothing of how long it may take; its own example asks for ever. */
const processingPatienceMs = 15 * 60_000;
const firstLookMs = 1_000;
const longestLookMs = 15_000;
/** Without a working token nothing can be done; once there is a new one it goes on at the next look. */
const unauthorizedRestMs = 60_000;
/** An upload that hangs should not keep its place for as long as the largest video on a slow line may take. */
const uploadBaseMs = 2 * 60_000;
const uploadLongestMs = 30 * 60_000;
const slowestUploadBytesPerS = 128 * 1024;

export async function bringVideo(parts: BringVideoParts, upload: VideoUpload): Promise<void> {
  const { clock, videos } = parts;
  const account = await parts.lanes.getAccount(upload.accountId);
  const token = account.token_authorized ? parts.accounts.accessToken(account) : null;
  if (token === null) return videos.lookLater(upload, addMs(clock.now(), unauthorizedRestMs));
  const pausedUntil = await parts.appBudget.pausedUntil(environmentOf(account));
  if (pausedUntil !== null) return videos.lookLater(upload, pausedUntil);
  if (upload.pinterestMediaId === null) return send(parts, upload, account, token);
  return ask(parts, { upload, account, token, pinterestMediaId: upload.pinterestMediaId });
}

async function send(
  parts: BringVideoParts,
  upload: VideoUpload,
  account: AccountRow,
  token: string,
): Promise<void> {
  const { clock, videos } = parts;
  const spentUntil = await parts.appBudget.spend(environmentOf(account));
  if (spentUntil !== null) return videos.lookLater(upload, spentUntil);
  await videos.tellSending(upload, clock.now());
  const pinterest = parts.pinterest.of(environmentOf(account));
  const registered = await pinterest.registerMedia(token);
  if (registered.kind === 'failed') return putOff(parts, upload, account, registered);
  // Opened after registering, for whoever registers reads what was opened, or closes it.
  const video = await openVideo(parts, upload);
  if (video === null) {
    const lookAt = addMs(clock.now(), retryDelayMs({ retryAfterMs: null }, upload.waits, parts.random()));
    const trouble = { failure: mediaAway };
    return videos.sendLater(upload, { lookAt, counts: false, now: clock.now(), trouble });
  }
  const timeoutMs = uploadBaseMs + (video.sizeBytes / slowestUploadBytesPerS) * 1000;
  const uploaded = await pinterest.uploadMedia(registered.value, video, {
    timeoutMs: Math.min(uploadLongestMs, Math.round(timeoutMs)),
  });
  if (uploaded.kind === 'failed') return putOff(parts, upload, account, uploaded);
  const now = clock.now();
  const { mediaId: pinterestMediaId } = registered.value;
  return videos.sent(upload, { pinterestMediaId, lookAt: addMs(now, firstLookMs), now });
}

/** Null while the file cannot be read. */
async function openVideo(parts: BringVideoParts, upload: VideoUpload): Promise<VideoForPublishing | null> {
  try {
    return await parts.media.openVideo(upload);
  } catch (error) {
    if (error instanceof Outage) return null;
    throw error;
  }
}

interface Question {
  upload: VideoUpload;
  account: AccountRow;
  token: string;
  pinterestMediaId: string;
}

async function ask(parts: BringVideoParts, question: Question): Promise<void> {
  const { clock, videos } = parts;
  const { upload, account, token, pinterestMediaId } = question;
  const answer = await parts.pinterest.of(environmentOf(account)).getMedia(token, pinterestMediaId);
  const now = clock.now();
  if (answer.kind === 'failed') {
    if (answer.failure.reason === 'media_not_found')
      return sendAnew(parts, upload, { failure: toPostFailure(answer.failure) });
    await reportToken(parts, account, answer.failure);
    return videos.lookLater(upload, addMs(now, retryDelayMs(answer.failure, upload.waits, parts.random())));
  }
  switch (answer.value.status) {
    case 'succeeded':
      return videos.ready(upload, now);
    case 'failed':
      return sendAnew(parts, upload, { failure: notProcessed });
    case 'registered':
    case 'processing':
    case 'unknown': {
      const since = upload.uploadedAt?.getTime() ?? 0;
      if (now.getTime() - since > processingPatienceMs)
        return sendAnew(parts, upload, { failure: notFinished });
      const delayMs = Math.min(longestLookMs, firstLookMs * 2 ** Math.min(upload.waits, 10));
      return videos.lookLater(upload, addMs(now, delayMs));
    }
  }
}

/** Sends it again, unless it has been sent often enough. */
function sendAnew(
  parts: BringVideoParts,
  upload: VideoUpload,
  trouble: UploadTrouble,
  lookAt = parts.clock.now(),
): Promise<void> {
  const now = parts.clock.now();
  if (upload.tries + 1 >= uploadTriesMax) return parts.videos.giveUp(upload, trouble, now);
  return parts.videos.sendLater(upload, { lookAt, counts: true, now, trouble });
}

/** What registering or sending came to. */
async function putOff(
  parts: BringVideoParts,
  upload: VideoUpload,
  account: AccountRow,
  { failure, call }: Extract<Answer<unknown>, { kind: 'failed' }>,
): Promise<void> {
  const now = parts.clock.now();
  const trouble = { failure: toPostFailure(failure), pinterest: toTrace(call) };
  const isOfToken = await reportToken(parts, account, failure);
  if (!isOfToken && !failure.retryable) return parts.videos.giveUp(upload, trouble, now);
  if (failure.reason === 'rate_limited' && failure.scope === 'app' && failure.retryAfterMs !== null)
    await parts.appBudget.pause(environmentOf(account), addMs(now, failure.retryAfterMs));
  const lookAt = addMs(now, retryDelayMs(failure, upload.waits, parts.random()));
  // Where `repeatsMax` is null only time decides.
  if (!isOfToken && failure.repeatsMax !== null) return sendAnew(parts, upload, trouble, lookAt);
  return parts.videos.sendLater(upload, { lookAt, counts: false, now, trouble });
}

/** Whether the account's token is to blame; then the queue waits for a new one. */
async function reportToken(parts: BringVideoParts, account: AccountRow, failure: Failure): Promise<boolean> {
  if (failure.accountProblem !== 'unauthorized') return false;
  await parts.accounts.tokenRefused(account, failure.reason);
  return true;
}

const notProcessed: PostFailure = {
  code: 'video_not_processed',
  message: 'Pinterest took the video and could not process it. It gives no reason.',
  remediation:
    'Play the file through; save it again as MP4 with H.264 video and AAC sound, 4 seconds to 15 minutes long, then schedule the post again.',
  retryable: true,
};

const notFinished: PostFailure = {
  code: 'video_not_finished',
  message: 'Pinterest took the video and did not finish processing it in 15 minutes.',
  remediation: 'Schedule the post again later. A shorter or smaller video is processed sooner.',
  retryable: true,
};
