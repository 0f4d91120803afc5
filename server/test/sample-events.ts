// Valid data of each event type, for tests that write into the event log themselves.
import type { EventData } from '../src/domain/event-data.ts';
import type { EventType } from '../src/domain/event-types.ts';

const at = new Date('2027-03-01T09:00:00Z');
const externalId = 'tart-7';
const queued = { status: 'queued', sendAt: at, externalId } as const;
const draft = { status: 'draft', sendAt: null, externalId: null } as const;
const account = { username: 'baker', environment: 'simulator' } as const;
const pinId = '813744226420795884';
const apiKey = { keyId: 'key_01kav8w5v8e6nb1vkh5tq4j1aa', name: 'Zapier' };
const failure = {
  code: 'board_not_found',
  message: 'The board does not exist.',
  remediation: 'Choose another board.',
  retryable: false,
};

export const sampleData: { [Type in EventType]: EventData<Type> } = {
  'post.created': draft,
  'post.scheduled': { ...queued, boardId: '4711' },
  'post.updated': { status: 'draft', externalId: null, changed: ['title'] },
  'post.unscheduled': draft,
  'post.deleted': { status: 'draft', externalId: null },
  'post.publishing': { status: 'uploading', sendAt: at, externalId, attempt: 1 },
  'post.sent': {
    status: 'sent',
    sendAt: at,
    externalId,
    pinId,
    pinUrl: `https://www.pinterest.com/pin/${pinId}/`,
    attempt: 1,
  },
  'post.failed': { status: 'failed', sendAt: at, externalId, failure },
  'post.missed': queued,
  'post.held': { ...queued, failure },
  'post.unknown': { status: 'uploading', sendAt: at, externalId, failure, attempt: 1 },
  'account.connected': account,
  'account.disconnected': account,
  'account.unauthorized': { username: account.username },
  'account.paused': { onDue: 'hold' },
  'account.resumed': {},
  'batch.completed': {
    batchId: 'bat_01kav8w5v8e6nb1vkh5tq4j1aa',
    total: 3,
    created: 1,
    existing: 1,
    failed: 1,
  },
  'webhook.disabled': { webhookId: 'whk_01kav8w5v8e6nb1vkh5tq4j1aa', reason: 'gone', failingSince: null },
  'api_key.created': { ...apiKey, scopes: ['posts:read'], accountIds: null, expiresAt: at },
  'api_key.revoked': apiKey,
};

/** JSON to insert as the data of an event of this type; of another type an empty object. */
export function sampleJson(type: string): string {
  return JSON.stringify((sampleData as Record<string, object>)[type] ?? {});
}
