// Video uploads: registering, their status by the clock, and whether a Pin may use one (facts, section 6).

import type { Call } from '../http/operation.ts';
import { badParameter } from '../http/refusal.ts';
import type { Media } from '../store/model.ts';

export type MediaStatus = 'registered' | 'processing' | 'succeeded' | 'failed';

export function mediaStatus(media: Media, nowMs: number): MediaStatus {
  const isPast = (moment: string | null) => moment !== null && Date.parse(moment) <= nowMs;
  if (isPast(media.finishedAt)) return media.outcome;
  return isPast(media.processingAt) ? 'processing' : 'registered';
}

export function findMedia(call: Call, mediaId: string): Media | undefined {
  const media = call.world.store.rows.media.get(mediaId);
  const isOurs = media !== undefined && media.accountId === call.account.id;
  return isOurs && Date.parse(media.expiresAt) > call.world.clock.nowMs() ? media : undefined;
}

export function requireUsableMedia(call: Call, mediaId: string): Media {
  const media = findMedia(call, mediaId);
  if (media === undefined)
    throw badParameter(`Invalid request: media_id '${mediaId}' is not a known upload.`);
  const status = mediaStatus(media, call.world.clock.nowMs());
  if (status !== 'succeeded')
    throw badParameter(`Invalid request: media '${mediaId}' is ${status}, not succeeded.`);
  return media;
}
