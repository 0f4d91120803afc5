// One of everything for an account: targets of requests with foreign ids. Texts contain the word of the owner.
import { expect } from 'vitest';
import type { Json, PinterestAccount, TestApp } from '../app.ts';
import { readableEvents } from '../readable-events.ts';
import type { Belongings } from '../route-samples.ts';

export interface Owner {
  /** May do everything in the organization of the account. */
  key: string;
  account: PinterestAccount;
  /** In every text. */
  word: string;
  /** The picture of its posts, which nobody else uses. */
  picture: string;
}

/** Creates the things, and returns their ids by the names of the parameters and fields that accept them. */
export async function furnish(app: TestApp, { key, account, word, picture }: Owner): Promise<Belongings> {
  const { accountId } = account;
  const own = `/v1/accounts/${accountId}`;
  const make = async (path: string, body: Json): Promise<Json> => {
    const { status, body: answer } = await app.call('POST', path, body, key);
    expect([path, status, status < 300 ? '' : answer]).toEqual([path, status, '']);
    return answer.data;
  };
  const get = async (path: string) => (await app.call('GET', path, undefined, key)).body.data;
  const idOf = (data: Json, noun: string) => String((data[noun] as Json).id);
  const boardIds = Object.values(account.boards);
  const [boardId = ''] = boardIds;
  const text = { title: `${word} post`, description: word, url: `https://example.com/${word}` };
  const media = idOf(await make('/v1/media', { url: app.picture(picture) }), 'media');
  const hour = 3_600_000;
  const sendAt = (hours: number) => new Date(app.clock.now().getTime() + hours * hour).toISOString();
  const posts = [];
  for (const hours of [24, 48]) {
    const body = { ...text, mediaId: media, boardId, tags: [word], sendAt: sendAt(hours) };
    posts.push(idOf(await make(`${own}/posts`, body), 'post'));
  }
  posts.push(idOf(await make(`${own}/posts`, { ...text, mediaId: media, boardId }), 'post'));
  const slot = { dayPreference: 1, timePreference: '09:15' };
  const timeslot = idOf(await make(`${own}/timeslots`, slot), 'timeslot');
  const boardList = idOf(await make(`${own}/board-lists`, { name: `${word} list`, boardIds }), 'boardList');
  await app.call('PUT', `${own}/spacing-rules`, { url: `https://example.com/${word}`, minDays: 9 }, key);
  const batch = await make(`${own}/posts/batches`, {
    posts: [0, 1].map((n) => ({ ...text, title: `${word} ${n}`, mediaId: media })),
  });
  await app.app.jobs.runDue();
  const hook = { url: 'https://8.8.8.8/hook', description: word, accountIds: [accountId] };
  const webhook = idOf(await make('/v1/webhooks', hook), 'webhook');
  const apiKey = idOf(await make('/v1/api-keys', { name: `${word} key`, accountIds: [accountId] }), 'apiKey');
  await make(`${own}/pause`, {});
  await make(`${own}/resume`, {});
  await readableEvents(app.database.db);
  await app.app.webhooks.run();
  const sections = (await get(`${own}/boards/${boardId}/sections`)).sections as Json[];
  const deliveries = (await get(`/v1/webhooks/${webhook}/deliveries`)).deliveries as Json[];
  const events = (await get(`/v1/events?accountId=${accountId}`)).events as Json[];
  const cursors = [await get(`${own}/posts?limit=1`), await get('/v1/media?limit=1')].flatMap(
    ({ cursor }) => cursor ?? [],
  );
  const ids = (rows: Json[]) => rows.map(({ id }) => String(id));
  const found = { sections: ids(sections), deliveries: ids(deliveries), events: ids(events) };
  for (const [name, list] of Object.entries(found)) expect([name, list.length > 0]).toEqual([name, true]);
  return new Map<string, readonly string[]>([
    ['acc', [accountId]],
    ['post', posts],
    ['id', posts],
    ['med', [media]],
    ['slot', [timeslot]],
    ['bat', [idOf(batch, 'batch')]],
    ['whk', [webhook]],
    ['key', [apiKey]],
    ['boardId', boardIds],
    ['boardListId', [boardList]],
    ['sectionId', found.sections],
    ['boardSectionId', found.sections],
    ['deliveryId', found.deliveries],
    ['after', found.events],
    ['cursor', cursors],
  ]);
}
