// Held posts for tests: how they come about over HTTP, and what the API and the table say of them.
import { expect } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, minute, runAfter } from '../../../../test/publishing.ts';

export const hour = 60 * minute;
export const path = () => `/v1/accounts/${account.accountId}`;
export const pathOf = (id: string) => `${path()}/posts/${id}`;
export const inMs = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();
export const get = (id: string) => app.getPost(account, id);

/** The columns that make a post held. */
export async function stored(id: string) {
  const { rows } = await app.database.pool.query(
    'select state, held_for, status, run_at from posts where id = $1',
    [id],
  );
  return rows[0];
}

/** The ids of a list of posts, by its `status`. */
export async function listIds(status: string): Promise<string[]> {
  const answer = await app.call('GET', `${path()}/posts?status=${status}`);
  return answer.body.data.posts.map(({ id }: { id: string }) => id);
}

/** A post that was due while no worker was running, of an account that holds missed posts. */
export async function holdMissed(fields: Json = {}): Promise<string> {
  await app.call('PATCH', path(), { missedPolicy: 'hold' });
  const { id } = await app.createPost(account, { sendAt: inMs(minute), ...fields });
  await runAfter(hour);
  expect(await stored(id)).toEqual({ state: 'held', held_for: 'missed', status: 'queued', run_at: null });
  return id;
}

/** A post whose create answer was lost, and whose Pin was not found. */
export async function holdLost(fields: Json = {}): Promise<string> {
  await app.call('PATCH', path(), { unknownPolicy: 'ask' });
  const { id } = await app.createPost(account, fields);
  await app.faults([{ operation: 'pins/create', when: 'before', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  for (const seconds of [10, 30, 120, 600]) await runAfter(seconds * 1000);
  expect(await stored(id)).toEqual({
    state: 'held',
    held_for: 'lost_answer',
    status: 'uploading',
    run_at: null,
  });
  return id;
}

/** The changes that a caller may request of a post. */
export const decisions = {
  schedule: (id: string) => app.call('POST', `${pathOf(id)}/schedule`, { sendAt: inMs(hour) }),
  unschedule: (id: string) => app.call('POST', `${pathOf(id)}/unschedule`),
  edit: (id: string) => app.call('PATCH', pathOf(id), { title: 'Another title' }),
  delete: (id: string) => app.call('DELETE', pathOf(id)),
};
