// An account on a Monday morning, with slots created over HTTP and posts inserted directly into the tables.
import { createHash } from 'node:crypto';
import { beforeEach } from 'vitest';
import { postTexts } from '../../../test/new-post.ts';
import { account, app, useApp } from '../../../test/use-app.ts';
import { newId } from '../../domain/ids.ts';
import { type HeldReason, mayHavePin, type PostState } from '../../domain/post-states.ts';
import { type Connection, json, type Tx } from '../../platform/db/index.ts';
import { type AccountRow, getAccountForWork } from '../accounts/index.ts';
import { destinationKey } from './calendar/destination-key.ts';

/** A Monday. */
export const now = new Date('2027-03-01T08:00:00Z');

/** The moment of a text like 2027-03-01T09:00, in UTC. */
export const at = (text: string) => new Date(`${text}Z`);
export const unix = (text: string) => at(text).getTime() / 1000;

// Set by the hook below, for each test.
export let path: string;
export let accountRow: AccountRow;
let mediaId: string;

/** Call once, at the top of the file. */
export function useSchedule(): void {
  useApp({ now });
  beforeEach(async () => {
    path = `/v1/accounts/${account.accountId}`;
    accountRow = await getAccountForWork(app.database.db, account.accountId);
    mediaId = await insertMedia(app.database.db, accountRow);
  });
}

export async function addSlot(
  dayPreference: number,
  timePreference: string,
  timezone = 'UTC',
): Promise<string> {
  const body = { dayPreference, timePreference, timezone };
  return (await app.call('POST', `${path}/timeslots`, body)).body.data.timeslot.id;
}

/** The media that all posts of an account share. */
export async function insertMedia(connection: Connection, account: AccountRow): Promise<string> {
  const id = newId('med');
  const digest = createHash('sha256').update(id).digest('hex');
  await connection
    .insertInto('media')
    .values({
      id,
      organization_id: account.organization_id,
      sha256: digest,
      source_sha256: digest,
      content_type: 'image/jpeg',
      bytes: 1,
      width: 1,
      height: 1,
      storage_key: id,
      thumbnail_key: id,
      placeholder: '',
      created_at: account.created_at,
    })
    .execute();
  return id;
}

export interface PlacePost {
  /** Default: the account of the test. */
  account?: AccountRow;
  state: PostState;
  /** Of a held post. */
  heldFor?: HeldReason;
  /** When the post was sent, or is to be sent. */
  at: Date;
  sendAt?: Date;
  url?: string;
  isDeleted?: boolean;
}

/** Inserts a post with a time, in any state. */
export async function placePost(
  post: PlacePost,
  connection: Connection | Tx = app.database.db,
): Promise<string> {
  const id = newId('post');
  const { state, at, account = accountRow, url = 'https://example.com/' } = post;
  const situation = { state, held_for: post.heldFor ?? null };
  await connection
    .insertInto('posts')
    .values({
      id,
      organization_id: account.organization_id,
      account_id: account.id,
      ...situation,
      ...postTexts,
      url,
      board_id: '1',
      is_simplified_pin: true,
      media_type: 'image',
      media_id: mediaId,
      send_at: state === 'draft' ? null : (post.sendAt ?? at),
      run_at: (state === 'queued' && !post.isDeleted) || state === 'unknown' ? at : null,
      sent_at: state === 'sent' ? at : null,
      pin_id: state === 'sent' ? id : null,
      attempt_started_at: mayHavePin(situation) ? at : null,
      failure: state === 'failed' ? json({}) : null,
      match_key: id,
      destination_key: destinationKey(url, ['utm_*']),
      created_at: at,
      updated_at: at,
      deleted_at: post.isDeleted ? at : null,
    })
    .execute();
  return id;
}
