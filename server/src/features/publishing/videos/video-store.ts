// The video worker's interface to the database, like `LaneStore` for lanes. A write changes nothing if the upload has
// been leased again.

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
  releaseAllUploads,
  releaseUpload,
  removeUnusedUploads,
  renewUploads,
  resetUpload,
  type UploadFence,
  type VideoUpload,
} from './video-uploads.queries.ts';

/** The reason why an upload is delayed or given up. */
export interface UploadFailure {
  failure: PostFailure;
  pinterest?: PinterestTrace;
}

export interface VideoStore {
  /** Creates the uploads that should have been started by now, and leases uploads that are due. */
  claim(claim: {
    owner: string;
    now: Date;
    leaseUntil: Date;
    /** Uploads start for posts that are due before this time. */
    startBefore: Date;
    /** Videos uploaded before this time are uploaded again, because Pinterest may have removed them. */
    freshAfter: Date;
    /** The maximum number of uploads to send; `checks` is the maximum number to check. */
    uploads: number;
    checks: number;
    perAccount: number;
  }): Promise<VideoUpload[]>;
  /** Renews the leases that are still ours under these fences; returns their posts. */
  renew(renewal: { uploads: readonly UploadFence[]; leaseUntil: Date }): Promise<Set<string>>;
  /** Releases every upload of a process. */
  releaseAll(owner: string): Promise<void>;
  /** Appends the event that the upload is being sent. */
  announceSending(upload: VideoUpload, now: Date): Promise<void>;
  /** Records that Pinterest has the bytes. */
  sent(upload: VideoUpload, to: { pinterestMediaId: string; wakeAt: Date; now: Date }): Promise<void>;
  /** Postpones the check: Pinterest is still processing the video, or cannot be reached. */
  checkLater(upload: VideoUpload, wakeAt: Date): Promise<void>;
  /** Restarts the upload at `wakeAt`. `counts`: whether this uses up a try. */
  sendLater(
    upload: VideoUpload,
    at: { wakeAt: Date; counts: boolean; now: Date; cause: UploadFailure },
  ): Promise<void>;
  /** Records that a Pin can be created from the video, and makes the account's lane wake in time. */
  ready(upload: VideoUpload, now: Date): Promise<void>;
  /** Deletes the upload and fails its post. */
  giveUp(upload: VideoUpload, cause: UploadFailure, now: Date): Promise<void>;
  /** Finds Pinterest's id of the post's video; null if the video is not ready. */
  findReady(post: Pick<PostRow, 'id' | 'media_id'>): Promise<string | null>;
  /** Restarts the upload of a video that Pinterest removed or rejected. Returns false after the last try. */
  sendAgain(postId: string, options: { now: Date; triesMax: number }): Promise<boolean>;
  removeUnused(): Promise<number>;
}

type VideoEvent = Extract<TypedData, { type: `post.video_${string}` }>;

/** The maximum number of uploads that one poll creates. */
const beginAtOnce = 100;

export function createVideoStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): VideoStore {
  /** Appends an event of the post, if it still waits for this video. */
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
    releaseAll: (owner) => releaseAllUploads(db, owner),
    announceSending: (upload, now) =>
      transaction(async (tx) => {
        await tell(tx, upload, { type: 'post.video_uploading', data: {} }, now);
      }),
    sent: (upload, { pinterestMediaId, wakeAt, now }) =>
      transaction(async (tx) => {
        const change = { pinterest_media_id: pinterestMediaId, uploaded_at: now, wake_at: wakeAt, delays: 0 };
        await releaseUpload(tx, upload, { status: 'processing', ...change });
      }),
    async checkLater(upload, wakeAt) {
      await releaseUpload(db, upload, { status: upload.status, wake_at: wakeAt, delays: upload.delays + 1 });
    },
    sendLater: (upload, { wakeAt, counts, now, cause }) =>
      transaction(async (tx) => {
        const isOurs = await releaseUpload(tx, upload, {
          status: 'uploading',
          pinterest_media_id: null,
          uploaded_at: null,
          wake_at: wakeAt,
          tries: upload.tries + (counts ? 1 : 0),
          delays: upload.delays + 1,
        });
        if (isOurs) await tell(tx, upload, { type: 'post.video_delayed', data: { ...cause } }, now);
      }),
    ready: (upload, now) =>
      transaction(async (tx) => {
        if (!(await releaseUpload(tx, upload, { status: 'ready', wake_at: null, delays: 0 }))) return;
        const post = await tell(tx, upload, { type: 'post.video_ready', data: {} }, now);
        if (post?.run_at) await lowerWake(tx, post.account_id, post.run_at, now);
      }),
    giveUp: (upload, cause, now) =>
      transaction(async (tx) => {
        if (!(await deleteUpload(tx, upload))) return;
        const post = await findWaitingPost(tx, upload);
        if (post) await movePost(tx, post, { move: 'refuse', ...cause }, { actor: systemActor, now });
      }),
    findReady: (post) => findReadyVideo(db, post),
    sendAgain: (postId, options) => resetUpload(db, postId, options),
    removeUnused: () => removeUnusedUploads(db),
  };
}
