// Posts and slots put straight into the tables: what the schedule reads, without the way there.
import { createHash } from 'node:crypto';
import { type Connection, json, type Tx } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import type { AccountRow } from '../accounts/index.ts';
import { destinationKey } from './destination-key.ts';

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
  account: AccountRow;
  mediaId: string;
  state: 'draft' | 'queued' | 'uploading' | 'publishing' | 'unknown' | 'sent' | 'failed';
  /** When a sent post went out; when any other is to go out. */
  at: Date;
  sendAt?: Date;
  url?: string;
  isDeleted?: boolean;
}

/** A post at its time, in any state. */
export async function placePost(connection: Connection | Tx, post: PlacePost): Promise<string> {
  const id = newId('post');
  const url = post.url ?? 'https://example.com/';
  const { state, at } = post;
  const isTried = state === 'publishing' || state === 'unknown';
  await connection
    .insertInto('posts')
    .values({
      id,
      organization_id: post.account.organization_id,
      account_id: post.account.id,
      state,
      title: 'Lemon tart',
      description: 'Crisp, sour.',
      url,
      board_id: '1',
      is_simplified_pin: true,
      media_type: 'image',
      media_id: post.mediaId,
      send_at: state === 'draft' ? null : (post.sendAt ?? at),
      run_at: state === 'queued' && !post.isDeleted ? at : null,
      sent_at: state === 'sent' ? at : null,
      pin_id: state === 'sent' ? id : null,
      attempt_started_at: isTried ? at : null,
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
