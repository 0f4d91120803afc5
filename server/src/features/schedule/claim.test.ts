// Claims of the next open slot, on a real database.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type PinterestAccount, type TestApp } from '../../../test/app.ts';
import { addMs } from '../../platform/clock.ts';
import { Refusal } from '../../platform/errors.ts';
import { type AccountRow, accountNotFound, getAccountForWork } from '../accounts/index.ts';
import type { ClaimInput } from './open-slots.ts';
import { insertMedia, type PlacePost, placePost } from './schedule.fixture.ts';
import { dayMs } from './wall-clock.ts';

let app: TestApp;
let connected: PinterestAccount;
let account: AccountRow;
let mediaId: string;
let path: string;

/** A Monday, 08:00 UTC. */
const now = new Date('2027-03-01T08:00:00Z');
const at = (text: string) => new Date(text);

beforeAll(async () => {
  app = await createTestApp({ now });
});
beforeEach(async () => {
  connected = await app.connectAccount();
  account = await getAccountForWork(app.database.db, connected.accountId);
  mediaId = await insertMedia(app.database.db, account);
  path = `/v1/accounts/${account.id}`;
});
afterAll(() => app.stop());

async function addSlot(dayPreference: number, timePreference: string, timezone = 'UTC'): Promise<string> {
  const { status, body } = await app.call('POST', `${path}/timeslots`, {
    dayPreference,
    timePreference,
    timezone,
  });
  expect(status).toBe(201);
  return body.data.timeslot.id;
}

const place = (post: Omit<PlacePost, 'account' | 'mediaId'>) =>
  placePost(app.database.db, { account, mediaId, ...post });

const claim = (input: Partial<ClaimInput> = {}) =>
  app.database.transaction((tx) =>
    app.app.schedule.claimNextOpenSlot(tx, account, { url: null, now, ...input }),
  );

async function refusalOf(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`no refusal but ${String(error)}`);
  return [error.declaration.code, error.details[0]?.code];
}

test('the next occurrence of the only slot is found', async () => {
  await addSlot(1, '09:30');
  expect(await claim()).toEqual(at('2027-03-01T09:30:00Z'));
});
