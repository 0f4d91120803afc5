// Posts placed over HTTP: the whole way from a request to a slot of its own.
import { expect, test } from 'vitest';
import { errorLevel } from '../../../test/log.ts';
import { account, app } from '../../../test/use-app.ts';
import { addSlot, path, unix, useSchedule } from './schedule.fixture.ts';

useSchedule();

const zone = 'Europe/London';
const place = (change: Record<string, unknown> = {}) =>
  app.createPost(account, { sendAt: undefined, useNextOpenSlot: true, ...change });

test('thirty concurrent creates get different slots, as the schedule shows', async () => {
  for (const day of [1, 3, 5]) for (const time of ['09:00', '18:00']) await addSlot(day, time, zone);
  const posts = await Promise.all(
    Array.from({ length: 30 }, (_, index) => place({ url: `https://example.com/${index}` })),
  );
  const moments = posts.map((post) => post.sendAt).sort((a, b) => a - b);
  expect(new Set(moments).size).toBe(30);
  // Six a week for five weeks; the last week has summer time.
  expect([moments[0], moments[29]]).toEqual([unix('2027-03-01T09:00'), unix('2027-04-02T17:00')]);
  const { body } = await app.call('GET', `${path}/schedule?to=2027-04-03T00:00:00Z`);
  const entries: { at: number; status: string; timeslotId: string | null; postId: string }[] =
    body.data.schedule;
  expect(entries.map((entry) => entry.at)).toEqual(moments);
  expect(new Set(entries.map((entry) => entry.postId))).toEqual(new Set(posts.map((post) => post.id)));
  expect(entries.every((entry) => entry.status === 'scheduled' && entry.timeslotId !== null)).toBe(true);
});

test('posts with the same destination obey the rule in every spelling of the URL', async () => {
  for (const day of [0, 1, 2, 3, 4, 5, 6]) await addSlot(day, '09:00', zone);
  await app.call('PUT', `${path}/spacing-rules`, { minDays: 2 });
  const first = await place({ url: 'https://example.com/tart?utm_source=a' });
  const second = await place({ url: 'http://www.example.com/tart/' });
  const other = await place({ url: 'https://example.com/pie' });
  expect([first, second, other].map((post) => post.sendAt)).toEqual(
    ['2027-03-01T09:00', '2027-03-03T09:00', '2027-03-02T09:00'].map(unix),
  );
});

test('a post that is scheduled again can keep its slot; a post that leaves its slot frees it', async () => {
  await addSlot(1, '09:00', zone);
  const post = await place();
  expect((await place()).sendAt).toBe(unix('2027-03-08T09:00'));
  const again = await app.call('POST', `${path}/posts/${post.id}/schedule`, { useNextOpenSlot: true });
  expect(again.body.data.post.sendAt).toBe(unix('2027-03-01T09:00'));
  await app.call('POST', `${path}/posts/${post.id}/unschedule`);
  expect((await place()).sendAt).toBe(unix('2027-03-01T09:00'));
});

test('without timeslots a create is refused with 409 and a remedy', async () => {
  const answer = await app.call('POST', `${path}/posts`, {
    mediaUrl: app.picture(),
    title: 'Lemon tart',
    description: 'Crisp, sour.',
    url: 'https://example.com/tart',
    boardId: account.boards.Recipes,
    useNextOpenSlot: true,
  });
  expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
  expect(answer.body.error.details[0].code).toBe('no_timeslots');
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
