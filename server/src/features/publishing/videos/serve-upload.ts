// Sends one video to Pinterest, or checks its processing. No step here creates a Pin, so every step can be repeated; an
// unused upload is harmless.

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
import type { UploadFailure, VideoStore } from './video-store.ts';
import type { VideoUpload } from './video-uploads.queries.ts';

export interface UploadParts {
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

/** A video is sent to Pinterest at most this many times before its post fails. */
export const uploadTriesMax = 3;
/** Pinterest does not document how long processing may take; its own example checks forever. */
const processingMsMax = 15 * 60_000;
const firstCheckMs = 1_000;
const checkMsMax = 15_000;
/** The delay while the account has no working token. */
const unauthorizedUploadRestMs = 60_000;
/** The timeout depends on the size, so that a small upload that hangs does not occupy its slot for 30 minutes. */
const uploadBaseMs = 2 * 60_000;
const uploadMsMax = 30 * 60_000;
const uploadBytesPerSMin = 128 * 1024;

/** Performs the next step of an upload, and releases it. */

export async function serveUpload(parts: UploadParts, upload: VideoUpload): Promise<void> {
  const { clock, videos } = parts;
  const account = await parts.lanes.getAccount(upload.accountId);
  const token = account.token_authorized ? parts.accounts.accessToken(account) : null;
  if (token === null) return videos.checkLater(upload, addMs(clock.now(), unauthorizedUploadRestMs));
  const pausedUntil = await parts.appBudget.pausedUntil(environmentOf(account));
  if (pausedUntil !== null) return videos.checkLater(upload, pausedUntil);
  if (upload.pinterestMediaId === null) return send(parts, upload, account, token);
  return check(parts, { upload, account, token, pinterestMediaId: upload.pinterestMediaId });
}

async function send(
  parts: UploadParts,
  upload: VideoUpload,
  account: AccountRow,
  token: string,
): Promise<void> {
  const { clock, videos } = parts;
  const spentUntil = await parts.appBudget.spend(environmentOf(account));
  if (spentUntil !== null) return videos.checkLater(upload, spentUntil);
  await videos.announceSending(upload, clock.now());
  const pinterest = parts.pinterest.of(environmentOf(account));
  const registered = await pinterest.registerMedia(token);
  if (registered.kind === 'failed') return postpone(parts, upload, account, registered);
  // Opened after registering, because `uploadMedia` reads what was opened, or closes it.
  const video = await openVideo(parts, upload);
  if (video === null) {
    const wakeAt = addMs(clock.now(), retryDelayMs({ retryAfterMs: null }, upload.delays, parts.random()));
    const cause = { failure: mediaAway };
    return videos.sendLater(upload, { wakeAt, counts: false, now: clock.now(), cause });
  }
  const timeoutMs = uploadBaseMs + (video.sizeBytes / uploadBytesPerSMin) * 1000;
  const uploaded = await pinterest.uploadMedia(registered.value, video, {
    timeoutMs: Math.min(uploadMsMax, Math.round(timeoutMs)),
  });
  if (uploaded.kind === 'failed') return postpone(parts, upload, account, uploaded);
  const now = clock.now();
  const { mediaId: pinterestMediaId } = registered.value;
  return videos.sent(upload, { pinterestMediaId, wakeAt: addMs(now, firstCheckMs), now });
}

/** Opens the video; null if the file cannot be read at the moment. */
async function openVideo(parts: UploadParts, upload: VideoUpload): Promise<VideoForPublishing | null> {
  try {
    return await parts.media.openVideo(upload);
  } catch (error) {
    if (error instanceof Outage) return null;
    throw error;
  }
}

interface Checked {
  upload: VideoUpload;
  account: AccountRow;
  token: string;
  pinterestMediaId: string;
}

async function check(parts: UploadParts, checked: Checked): Promise<void> {
  const { clock, videos } = parts;
  const { upload, account, token, pinterestMediaId } = checked;
  const answer = await parts.pinterest.of(environmentOf(account)).getMedia(token, pinterestMediaId);
  const now = clock.now();
  if (answer.kind === 'failed') {
    if (answer.failure.reason === 'media_not_found')
      return sendAgain(parts, upload, { failure: toPostFailure(answer.failure) });
    await reportToken(parts, account, answer.failure);
    return videos.checkLater(upload, addMs(now, retryDelayMs(answer.failure, upload.delays, parts.random())));
  }
  switch (answer.value.status) {
    case 'succeeded':
      return videos.ready(upload, now);
    case 'failed':
      return sendAgain(parts, upload, { failure: notProcessed });
    case 'registered':
    case 'processing':
    case 'unknown': {
      const since = upload.uploadedAt?.getTime() ?? 0;
      if (now.getTime() - since > processingMsMax) return sendAgain(parts, upload, { failure: notFinished });
      const delayMs = Math.min(checkMsMax, firstCheckMs * 2 ** Math.min(upload.delays, 10));
      return videos.checkLater(upload, addMs(now, delayMs));
    }
  }
}

/** Restarts the upload, up to the maximum number of tries. */
function sendAgain(
  parts: UploadParts,
  upload: VideoUpload,
  cause: UploadFailure,
  wakeAt = parts.clock.now(),
): Promise<void> {
  const now = parts.clock.now();
  if (upload.tries + 1 >= uploadTriesMax) return parts.videos.giveUp(upload, cause, now);
  return parts.videos.sendLater(upload, { wakeAt, counts: true, now, cause });
}

/** Restarts the upload later after registering or sending failed, or fails its post. */
async function postpone(
  parts: UploadParts,
  upload: VideoUpload,
  account: AccountRow,
  { failure, call }: Extract<Answer<unknown>, { kind: 'failed' }>,
): Promise<void> {
  const now = parts.clock.now();
  const cause = { failure: toPostFailure(failure), pinterest: toTrace(call) };
  const isTokenRefused = await reportToken(parts, account, failure);
  if (!isTokenRefused && !failure.retryable) return parts.videos.giveUp(upload, cause, now);
  if (failure.reason === 'rate_limited' && failure.scope === 'app' && failure.retryAfterMs !== null)
    await parts.appBudget.pause(environmentOf(account), addMs(now, failure.retryAfterMs));
  const wakeAt = addMs(now, retryDelayMs(failure, upload.delays, parts.random()));
  // If `repeatsMax` is null, the number of tries is not limited.
  if (!isTokenRefused && failure.repeatsMax !== null) return sendAgain(parts, upload, cause, wakeAt);
  return parts.videos.sendLater(upload, { wakeAt, counts: false, now, cause });
}

/** Returns whether Pinterest refused the account's token; if so, the queue waits for a new token. */
async function reportToken(parts: UploadParts, account: AccountRow, failure: Failure): Promise<boolean> {
  if (failure.accountProblem !== 'unauthorized') return false;
  await parts.accounts.tokenRefused(account, failure.reason);
  return true;
}

const notProcessed: PostFailure = {
  code: 'video_not_processed',
  message: 'Pinterest accepted the video and could not process it. It reports no reason.',
  remediation:
    'Check that the file plays completely; save it again as MP4 with H.264 video and AAC sound, 4 seconds to 15 minutes long, then schedule the post again.',
  retryable: true,
};

const notFinished: PostFailure = {
  code: 'video_not_finished',
  message: 'Pinterest accepted the video and did not finish processing it within 15 minutes.',
  remediation: 'Schedule the post again later. A shorter or smaller video is processed sooner.',
  retryable: true,
};
