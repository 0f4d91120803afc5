// What a worker keeps and asks of the videos that go up to Pinterest ahead of their posts' time: the seam to the
// database, as LaneStore is for lanes. False and null mean that someone else has the upload now.

import { appendEvent, type TypedData } from '../../../domain/events.ts';
import type { Database, Tx } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { lowerWake } from '../../lanes/index.ts';
import { movePost, type PinterestTrace, type PostFailure, type PostRow } from '../../posts/index.ts';
import {
  beginUploads,
  claimUploads,
  deleteUpload,
  findReadyVideo,
  findWaitingPost,
  releaseUploads,
  removeUnusedUploads,
  renewUploads,
  settleUpload,
  type UploadFence,
  uploadAnew,
  type VideoUpload,
} from './video-uploads.queries.ts';

/** Why an upload has to wait or to be begun anew. */
export interface UploadTrouble {
  failure: PostFailure;
  pinterest?: PinterestTrace;
}

export interface VideoStore {
  /** Begins what should be under way by now, and takes what is due and free. */
  claim(claim: {
    owner: string;
    now: Date;
    leaseUntil: Date;
    /** Videos of posts that are due before this are begun. */
    startBefore: Date;
    /** What Pinterest has had since before this is begun anew. */
    freshAfter: Date;
    /** How many may be sent, and how many checked. */
    uploads: number;
    checks: number;
    perAccount: number;
  }): Promise<VideoUpload[]>;
  /** Renews the leases that are still ours under these fences; returns their posts. */
  renew(renewal: { uploads: readonly UploadFence[]; leaseUntil: Date }): Promise<Set<string>>;
  /** Releases every upload of a process. */
  releaseAll(owner: string): Promise<void>;
  /** Tells that its bytes are being sent now. */
  tellSending(upload: VideoUpload, now: Date): Promise<void>;
  /** Pinterest has its bytes. */
  sent(upload: VideoUpload, to: { pinterestMediaId: string; lookAt: Date; now: Date }): Promise<void>;
  /** Pinterest is still at work on it, or cannot be asked. */
  lookLater(upload: VideoUpload, lookAt: Date): Promise<void>;
  /** It is sent again later. `counts`: towards the tries that it has. */
  sendLater(
    upload: VideoUpload,
    at: { lookAt: Date; counts: boolean; now: Date; trouble: UploadTrouble },
  ): Promise<void>;
  /** A Pin can be made of it: its account's lane wakes in time. */
  ready(upload: VideoUpload, now: Date): Promise<void>;
  /** It cannot be brought there, and its post fails. */
  giveUp(upload: VideoUpload, trouble: UploadTrouble, now: Date): Promise<void>;
  /** Pinterest's id of the post's video; null unless a Pin can be made of it. */
  findReady(post: Pick<PostRow, 'id' | 'media_id'>): Promise<string | null>;
  /** Pinterest no longer has it. False: that has happened too often. */
  anew(postId: string, options: { now: Date; triesMax: number }): Promise<boolean>;
  removeUnused(): Promise<number>;
}

type VideoEvent = Extract<TypedData, { type: `post.video_${string}` }>;

/** How many are begun in one look. */
const beginAtOnce = 100;

export function createVideoStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): VideoStore {
  /** An event of the post, if it still waits for this video. */
  async function tell(tx: Tx, upload: VideoUpload, event: VideoEvent, now: Date) {
    const post = await findWaitingPost(tx, upload);
    if (!post) return undefined;
    await appendEvent(tx, {
      organizationId: post.organization_id,
      accountId: post.account_id,
      postId: post.id,
      at: now,
      actor: systemActor,
      ...event,
    });
    return post;
  }

  return {
    async claim({ startBefore, freshAfter, ...claim }) {
      await beginUploads(db, { now: claim.now, startBefore, freshAfter, limit: beginAtOnce });
      return claimUploads(db, claim);
    },
    renew: (renewal) => renewUploads(db, renewal),
    releaseAll: (owner) => releaseUploads(db, owner),
    tellSending: (upload, now) =>
      transaction(async (tx) => {
        await tell(tx, upload, { type: 'post.video_uploading', data: {} }, now);
      }),
    sent: (upload, { pinterestMediaId, lookAt, now }) =>
      transaction(async (tx) => {
        const change = { pinterest_media_id: pinterestMediaId, uploaded_at: now, look_at: lookAt, waits: 0 };
        await settleUpload(tx, upload, { status: 'processing', ...change });
      }),
    async lookLater(upload, lookAt) {
      await settleUpload(db, upload, { status: upload.status, look_at: lookAt, waits: upload.waits + 1 });
    },
    sendLater: (upload, { lookAt, counts, now, trouble }) =>
      transaction(async (tx) => {
        const isOurs = await settleUpload(tx, upload, {
          status: 'uploading',
          pinterest_media_id: null,
          uploaded_at: null,
          look_at: lookAt,
          tries: upload.tries + (counts ? 1 : 0),
          waits: upload.waits + 1,
        });
        if (isOurs) await tell(tx, upload, { type: 'post.video_delayed', data: { ...trouble } }, now);
      }),
    ready: (upload, now) =>
      transaction(async (tx) => {
        if (!(await settleUpload(tx, upload, { status: 'ready', look_at: null, waits: 0 }))) return;
        const post = await tell(tx, upload, { type: 'post.video_ready', data: {} }, now);
        if (post?.run_at) await lowerWake(tx, post.account_id, post.run_at, now);
      }),
    giveUp: (upload, trouble, now) =>
      transaction(async (tx) => {
        if (!(await deleteUpload(tx, upload))) return;
        const post = await findWaitingPost(tx, upload);
        if (post) await movePost(tx, post, { move: 'refuse', ...trouble }, { actor: systemActor, now });
      }),
    findReady: (post) => findReadyVideo(db, post),
    anew: (postId, options) => uploadAnew(db, postId, options),
    removeUnused: () => removeUnusedUploads(db),
  };
}
