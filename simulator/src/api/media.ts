// Video uploads: registers them, computes their status from the clock, and decides whether a Pin may use one (docs/pinterest.md#media).
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { badParameter, mediaNotFound } from '../ground/refusal.ts';
import { type Answer, type ApiParts, type Call, operationTable } from '../http/operation.ts';
import { pageOf } from '../http/paging.ts';
import { check, digits, paging } from '../http/parse.ts';
import type { Media } from '../store/model.ts';

export type MediaStatus = 'registered' | 'processing' | 'succeeded' | 'failed';

export function mediaStatus(media: Media, nowMs: number): MediaStatus {
  const isPast = (moment: string | null) => moment !== null && Date.parse(moment) <= nowMs;
  if (isPast(media.finishedAt)) return media.outcome;
  return isPast(media.processingAt) ? 'processing' : 'registered';
}

/** Returns the fields that the upload form must contain before the file. Computed again to check the form. */
export function uploadParametersOf(media: Media): Record<string, string> {
  const day = media.registeredAt.slice(0, 10).replaceAll('-', '');
  const policy = { expiration: media.policyExpiresAt, conditions: [{ key: media.key }] };
  return {
    'x-amz-date': `${day}T000000Z`,
    'x-amz-signature': media.signature,
    'x-amz-security-token': Buffer.from(`session ${media.id}`).toString('base64'),
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `ASIASIMULATOR/${day}/us-east-1/s3/aws4_request`,
    key: media.key,
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'Content-Type': 'multipart/form-data',
  };
}

const mediaPath = z.object({ media_id: digits });
const mediaCreate = z.strictObject({ media_type: z.enum(['video']) });

function registerMedia(call: Call): Answer {
  check(mediaCreate, call.json());
  const { store, clock, addresses } = call;
  const { policySeconds, expirySeconds } = call.settings().media;
  const after = (seconds: number) => new Date(clock.nowMs() + seconds * 1_000).toISOString();
  const media: Media = {
    id: store.ids.next(),
    accountId: call.account.id,
    key: `uploads/${randomUUID()}/video`,
    signature: randomBytes(32).toString('hex'),
    registeredAt: after(0),
    policyExpiresAt: after(policySeconds),
    uploadedAt: null,
    sizeBytes: 0,
    sha256: null,
    processingAt: null,
    finishedAt: null,
    outcome: 'succeeded',
    expiresAt: after(expirySeconds),
  };
  store.commit({ put: 'media', row: media });
  return {
    status: 201,
    body: {
      media_id: media.id,
      media_type: 'video',
      upload_url: addresses.uploadUrl,
      upload_parameters: uploadParametersOf(media),
    },
  };
}

function readMedia(call: Call): Answer {
  const { media_id } = check(mediaPath, call.params);
  const media = findMedia(call, media_id);
  if (media === undefined) throw mediaNotFound();
  return { status: 200, body: mediaView(call, media) };
}

function listMedia(call: Call): Answer {
  const query = check(z.object(paging), call.query);
  const { listing } = call.settings();
  const own = [...call.store.rows.media.values()].filter((media) => findMedia(call, media.id) !== undefined);
  const page = pageOf(own, listing.order, query, listing);
  const items = page.items.map((media) => mediaView(call, media));
  return { status: 200, body: { items, bookmark: page.bookmark } };
}

function mediaView(parts: ApiParts, media: Media): Record<string, unknown> {
  const view = { media_id: media.id, media_type: 'video' };
  // An optional field, so a client must work without it (docs/pinterest.md#media).
  if (parts.settings().media.omitStatus) return view;
  return { ...view, status: mediaStatus(media, parts.clock.nowMs()) };
}

function findMedia(call: Call, mediaId: string): Media | undefined {
  const media = call.store.rows.media.get(mediaId);
  const isOwn = media !== undefined && media.accountId === call.account.id;
  return isOwn && Date.parse(media.expiresAt) > call.clock.nowMs() ? media : undefined;
}

/** A video Pin needs a finished upload; `registered`, `processing`, `failed` and unknown are refused. */
export function requireUsableMedia(call: Call, mediaId: string): Media {
  const media = findMedia(call, mediaId);
  if (media === undefined) {
    throw badParameter(`Invalid request: media_id '${mediaId}' is not a known upload.`);
  }
  const status = mediaStatus(media, call.clock.nowMs());
  if (status !== 'succeeded') {
    throw badParameter(`Invalid request: media '${mediaId}' is ${status}, not succeeded.`);
  }
  return media;
}

export const mediaOperations = operationTable({ category: 'org_read', scopes: ['pins:read'] }, [
  [
    'media/create',
    'POST /media',
    registerMedia,
    { category: 'org_write', scopes: ['pins:read', 'pins:write'] },
  ],
  ['media/list', 'GET /media', listMedia],
  ['media/get', 'GET /media/:media_id', readMedia],
]);
