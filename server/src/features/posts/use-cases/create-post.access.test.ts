// Trial access: Pinterest refuses every Pin that the app creates in production.
import { beforeAll, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, useApp } from '../../../../test/use-app.ts';

useApp({ accountPer: 'file', config: { pinterestAccessLevel: 'trial' } });

let path: string;

beforeAll(async () => {
  path = `/v1/accounts/${account.accountId}/posts`;
  // The simulator knows no such thing as production: only our own word for the account is changed.
  await app.createPost(account, { sendAt: undefined });
  await app.database.db.updateTable('accounts').set({ environment: 'production' }).execute();
});

const body = (change: Json = {}) => ({
  mediaUrl: app.picture(),
  title: 'Lemon tart',
  description: 'Crisp, sour.',
  url: 'https://example.com/tart',
  boardId: account.boards.Recipes,
  ...change,
});
const soon = () => new Date(app.clock.now().getTime() + 3600_000).toISOString();
const codes = (answer: { status: number; body: { error: { details: { code: string }[] } } }) => [
  answer.status,
  ...answer.body.error.details.map(({ code }) => code),
];

test('with trial access, scheduling for a production account is refused and drafts are accepted', async () => {
  for (const time of [{ sendAt: soon() }, { now: true }, { useNextOpenSlot: true }]) {
    expect(codes(await app.call('POST', path, body(time)))).toEqual([409, 'trial_app']);
  }
  const draft = await app.call('POST', path, body());
  expect(draft.status).toBe(201);
  const { id } = draft.body.data.post;
  const scheduled = await app.call('POST', `${path}/${id}/schedule`, { now: true });
  expect(codes(scheduled)).toEqual([409, 'trial_app']);
  const validated = await app.call('POST', `${path}/validate`, body({ now: true }));
  expect(validated.body.data.ok).toBe(false);
  expect(validated.body.data.checks).toContainEqual(
    expect.objectContaining({ name: 'access', status: 'failed', code: 'trial_app' }),
  );
});
