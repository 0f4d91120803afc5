// A key restricted to some accounts sees and uses only its own media: a table with a row for each way to reach media.
// The refusal of media that the key does not see equals the refusal of an id that does not exist.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Json, PinterestAccount } from '../../../test/app.ts';
import { account, app } from '../../../test/use-app.ts';
import { jpeg, keptFiles, rows, upload, useMediaRoutes } from './media-routes.fixture.ts';
import { picture } from './pictures/sample-pictures.fixture.ts';
import { video } from './videos/sample-videos.fixture.ts';

useMediaRoutes();

type Role = 'restricted' | 'other' | 'unrestricted';
interface Actor {
  key: string;
  at: PinterestAccount;
}

let actors: Record<Role, Actor>;
/** Another key with the accounts of `restricted`. */
let sibling: Actor;
const roles: Role[] = ['restricted', 'other', 'unrestricted'];
const unknownId = `med_${'0'.repeat(26)}`;

beforeAll(async () => {
  const second = await app.connectAccount();
  const keyFor = async (at: PinterestAccount) => (await app.makeKey({ accountIds: [at.accountId] })).key;
  actors = {
    restricted: { key: await keyFor(account), at: account },
    other: { key: await keyFor(second), at: second },
    unrestricted: { key: app.key, at: second },
  };
  sibling = { key: await keyFor(account), at: account };
});

async function addAs({ key }: Actor, bytes?: Buffer): Promise<{ id: string } & Json> {
  const answer = await upload([['file', bytes ?? (await jpeg())]], key);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data.media;
}

const clips = new Map<Actor, string>();
let clipSeed = 100;
/** A video of the actor's own, to be given a cover. */
async function clipOf(actor: Actor): Promise<string> {
  const known = clips.get(actor);
  if (known) return known;
  clipSeed += 1;
  const { id } = await addAs(actor, await video({ pictureBytes: clipSeed }));
  clips.set(actor, id);
  return id;
}
beforeEach(() => clips.clear());

const postsOf = ({ at }: Actor) => `/v1/accounts/${at.accountId}/posts`;
const call = ({ key }: Actor, method: string, path: string, body?: unknown) =>
  app.call(method, path, body, key);

async function createAs(actor: Actor, body: Json): Promise<{ id: string } & Json> {
  const answer = await call(actor, 'POST', postsOf(actor), body);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data.post;
}

/** Bodies of posts that name media in each of the ways there are. */
const bodies: Record<string, (actor: Actor, id: string) => Promise<Json>> = {
  mediaId: async (_actor, id) => ({ mediaId: id }),
  carousel: async (actor, id) => ({ carousel: [{ mediaId: (await addAs(actor)).id }, { mediaId: id }] }),
  cover: async (actor, id) => ({ mediaId: await clipOf(actor), mediaType: 'video', cover: { mediaId: id } }),
};

/** `said` is the answer, to be compared with the answer for an id that does not exist. */
interface Outcome {
  isSeen: boolean;
  said?: unknown;
}

async function runBatch(actor: Actor, body: Json) {
  const sent = await call(actor, 'POST', `${postsOf(actor)}/batches`, { posts: [body] });
  expect(sent.status).toBe(202);
  await app.app.jobs.runDue();
  const read = await call(actor, 'GET', `${postsOf(actor)}/batches/${sent.body.data.batch.id}`);
  return read.body.data.batch.entries[0];
}

type Way = (actor: Actor, id: string) => Promise<Outcome>;

const readingWays: Record<string, Way> = {
  'GET by id': async (actor, id) => {
    const answer = await call(actor, 'GET', `/v1/media/${id}`);
    return { isSeen: answer.status === 200, said: [answer.status, answer.body.error?.message] };
  },
  'the list': async (actor, id) => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { data } = (await call(actor, 'GET', `/v1/media?limit=1${query}`)).body;
      ids.push(...data.media.map((one: { id: string }) => one.id));
      ({ cursor } = data);
    } while (cursor !== null);
    expect(new Set(ids).size).toBe(ids.length);
    return { isSeen: ids.includes(id) };
  },
};

const usingWays: Record<string, Way> = Object.fromEntries(
  Object.entries(bodies).flatMap(([kind, bodyOf]): [string, Way][] => [
    [
      `${kind} of a create`,
      async (actor, id) => {
        const answer = await call(actor, 'POST', postsOf(actor), await bodyOf(actor, id));
        return { isSeen: answer.status === 201, said: [answer.status, answer.body.error?.details] };
      },
    ],
    [
      `${kind} of a validation`,
      async (actor, id) => {
        const answer = await call(actor, 'POST', `${postsOf(actor)}/validate`, await bodyOf(actor, id));
        const check = answer.body.data.checks.find(({ name }: { name: string }) => name === 'media');
        return { isSeen: check.status === 'passed', said: check };
      },
    ],
    [
      `${kind} of an edit`,
      async (actor, id) => {
        const post = await createAs(actor, { mediaId: (await addAs(actor)).id });
        const { mediaType: _, ...body } = await bodyOf(actor, id);
        const answer = await call(actor, 'PATCH', `${postsOf(actor)}/${post.id}`, body);
        return { isSeen: answer.status === 200, said: [answer.status, answer.body.error?.details] };
      },
    ],
    [
      `${kind} of an edit of many`,
      async (actor, id) => {
        const post = await createAs(actor, { mediaId: (await addAs(actor)).id });
        const { mediaType: _, ...body } = await bodyOf(actor, id);
        const answer = await call(actor, 'PATCH', postsOf(actor), { posts: [{ id: post.id, ...body }] });
        return { isSeen: answer.status === 200, said: [answer.status, answer.body.error?.details] };
      },
    ],
    [
      `${kind} of a batch`,
      async (actor, id) => {
        const entry = await runBatch(actor, await bodyOf(actor, id));
        return { isSeen: entry.status !== 'failed', said: [entry.status, entry.details] };
      },
    ],
  ]),
);

const deletion: Way = async (actor, id) => {
  const answer = await call(actor, 'DELETE', `/v1/media/${id}`);
  return { isSeen: answer.status !== 404, said: [answer.status, answer.body.error?.message] };
};

/** How media come to be there, and who sees them then. `restricted` is whose account or key it is about. */
const origins: Record<string, { make: () => Promise<string>; seenBy: Role[] }> = {
  'added by the key': {
    make: async () => (await addAs(actors.restricted)).id,
    seenBy: ['restricted', 'unrestricted'],
  },
  'added by the organization': {
    make: async () => (await addAs(actors.unrestricted)).id,
    seenBy: ['unrestricted'],
  },
  'used by a post of the account': {
    make: async () => {
      const { id } = await addAs(actors.unrestricted);
      await createAs({ key: app.key, at: account }, { mediaId: id });
      return id;
    },
    seenBy: ['restricted', 'unrestricted'],
  },
};

const table = Object.entries(origins).flatMap(([origin, { make, seenBy }]) =>
  Object.entries({ ...readingWays, ...usingWays, 'a deletion': deletion }).map(([name, way]) => ({
    ...{ origin, make, seenBy, name, way },
  })),
);

test.each(table)('$name: media $origin', async ({ make, seenBy, way }) => {
  for (const role of roles) {
    const id = await make();
    const outcome = await way(actors[role], id);
    expect([role, outcome.isSeen]).toEqual([role, seenBy.includes(role)]);
    if (outcome.isSeen) continue;
    expect(outcome).toEqual(await way(actors[role], unknownId));
    expect((await rows()).find((row) => row.id === id)?.deleted_at).toBeNull();
  }
});

describe('a list', () => {
  test('a list has the media of posts, covers and slides once, newest first, in pages of any size', async () => {
    const agency = { key: app.key, at: account };
    const pictures: string[] = [];
    for (let count = 0; count < 7; count += 1) pictures.push((await addAs(agency)).id);
    const [cover = '', again = '', ...slides] = pictures;
    const clip = await clipOf(agency);
    await createAs(agency, { carousel: slides.map((mediaId) => ({ mediaId })) });
    await createAs(agency, { mediaId: clip, mediaType: 'video', cover: { mediaId: cover } });
    for (let count = 0; count < 3; count += 1) await createAs(agency, { mediaId: again });
    const own = (await addAs(actors.restricted)).id;
    for (let count = 0; count < 3; count += 1) await addAs(actors.other);
    const expected = [...pictures, clip, own].sort().toReversed();
    for (const limit of [1, 2, 4, 100]) {
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`;
        const { data } = (await call(actors.restricted, 'GET', `/v1/media?limit=${limit}${query}`)).body;
        ids.push(...data.media.map((one: { id: string }) => one.id));
        ({ cursor } = data);
      } while (cursor !== null);
      expect(ids).toEqual(expected);
    }
  });

  test('a list omits deleted media without gaps in its pages', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push((await addAs(actors.restricted)).id);
    const [first, second, third, fourth] = ids;
    for (const id of [second, third]) await call(actors.restricted, 'DELETE', `/v1/media/${id}`);
    const { data } = (await call(actors.restricted, 'GET', '/v1/media?limit=2')).body;
    expect(data.media.map(({ id }: { id: string }) => id)).toEqual([fourth, first]);
    expect(data.cursor).toBeNull();
  });
});

describe('the same bytes from several keys', () => {
  test('the same bytes are one row, of which each restricted key sees only its own addition', async () => {
    const { restricted, other, unrestricted } = actors;
    const url = app.picture();
    const fromUrl = (actor: Actor, address: string) => call(actor, 'POST', '/v1/media', { url: address });
    const first = (await fromUrl(other, `${url}?token=secret`)).body.data.media;
    app.clock.advance(3_600_000);
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    const second = await addAs(restricted, bytes);
    expect(second.id).toBe(first.id);
    expect(second).toMatchObject({ sourceUrl: null, createdAt: first.createdAt + 3600 });
    const shown = async (actor: Actor) => (await call(actor, 'GET', `/v1/media/${first.id}`)).body.data.media;
    const listed = async (actor: Actor) => (await call(actor, 'GET', '/v1/media')).body.data.media;
    expect(await shown(restricted)).toEqual(second);
    expect(await listed(restricted)).toEqual([second]);
    expect(await shown(other)).toEqual(first);
    expect(await shown(unrestricted)).toEqual(first);
    // A key sees the address that it sent itself.
    expect((await fromUrl(restricted, `${url}?mine`)).body.data.media.sourceUrl).toBe(`${url}?mine`);
    expect((await shown(other)).sourceUrl).toBe(`${url}?token=secret`);
  });

  test('a key that sees media only in a post does not see its source', async () => {
    const post = await app.createPost(account);
    const { media } = (await call(actors.restricted, 'GET', `/v1/media/${post.media.id}`)).body.data;
    expect(media.sourceUrl).toBeNull();
    expect((await app.call('GET', `/v1/media/${post.media.id}`)).body.data.media.sourceUrl).not.toBeNull();
  });

  test.each<Role>(['other', 'unrestricted'])(
    'deleted by a restricted key stay for the one that added them as well: %s',
    async (role) => {
      const bytes = await jpeg();
      for (const actor of [actors[role], actors.restricted]) await addAs(actor, bytes);
      const { id } = await addAs(actors.restricted, bytes);
      const deleted = await call(actors.restricted, 'DELETE', `/v1/media/${id}`);
      expect([deleted.status, deleted.body.data]).toEqual([200, { deleted: true, id }]);
      expect((await call(actors.restricted, 'GET', `/v1/media/${id}`)).status).toBe(404);
      expect((await call(actors[role], 'GET', `/v1/media/${id}`)).status).toBe(200);
      expect(await keptFiles()).toHaveLength(2);
    },
  );

  test('media added by a restricted key and then by the organization remains for the organization', async () => {
    const bytes = await jpeg();
    const { id } = await addAs(actors.restricted, bytes);
    await addAs(actors.unrestricted, bytes);
    expect((await call(actors.restricted, 'DELETE', `/v1/media/${id}`)).status).toBe(200);
    expect((await call(actors.unrestricted, 'GET', `/v1/media/${id}`)).status).toBe(200);
  });

  test('media added as another file with the same result remains for the organization too', async () => {
    const bytes = await picture(7).webp({ lossless: true }).toBuffer();
    const { id } = await addAs(actors.restricted, bytes);
    const row = (await rows()).find((one) => one.id === id);
    const copy = await app.app.storage.read(row?.storage_key ?? '');
    const same = await addAs(actors.unrestricted, Buffer.concat((await copy?.toArray()) ?? []));
    expect(same.id).toBe(id);
    expect((await rows())[0]?.added_unrestricted).toBe(true);
  });

  test('media added by two keys of the same account is deleted when one of them deletes it', async () => {
    const bytes = await jpeg();
    const { id } = await addAs(actors.restricted, bytes);
    await addAs(sibling, bytes);
    expect((await call(sibling, 'DELETE', `/v1/media/${id}`)).status).toBe(200);
    expect((await call(actors.restricted, 'GET', `/v1/media/${id}`)).status).toBe(404);
    expect(await keptFiles()).toEqual([]);
  });
});

describe('a deletion by a restricted key', () => {
  const inUse = (message: string) => [409, [{ path: '', code: 'media_in_use', message }]];
  const attempt = async (actor: Actor, id: string) => {
    const answer = await call(actor, 'DELETE', `/v1/media/${id}`);
    return [answer.status, answer.body.error?.details];
  };

  test('a restricted key deletes the row and the files of media that it alone added', async () => {
    const { id } = await addAs(actors.restricted);
    expect(await attempt(actors.restricted, id)).toEqual([200, undefined]);
    expect(await keptFiles()).toEqual([]);
    expect((await app.call('GET', `/v1/media/${id}`)).status).toBe(404);
  });

  test.each(Object.keys(bodies))(
    'is refused while a post of another account uses it, sent or not, and names only its own: %s',
    async (kind) => {
      const { id } = await addAs(actors.restricted);
      const theirs = await createAs(
        actors.unrestricted,
        (await bodies[kind]?.(actors.unrestricted, id)) ?? {},
      );
      expect(await attempt(actors.restricted, id)).toEqual(inUse('This media is in use.'));
      const own = await createAs(actors.restricted, { mediaId: id });
      expect(await attempt(actors.restricted, id)).toEqual(inUse(`Used by ${own.id} (draft).`));
      await call(actors.restricted, 'DELETE', `${postsOf(actors.restricted)}/${own.id}`);
      const now = app.clock.now();
      await app.database.db
        .updateTable('posts')
        .set({ state: 'sent', pin_id: '1', sent_at: now, send_at: now, board_id: '1' })
        .set({ title: 'T', description: 'D', url: 'https://a.example/' })
        .where('id', '=', theirs.id)
        .execute();
      expect(await attempt(actors.restricted, id)).toEqual(inUse('This media is in use.'));
      // As before for a key without restriction: only posts that are not out hold it.
      expect(await attempt(actors.unrestricted, id)).toEqual([200, undefined]);
    },
  );

  test('a restricted key cannot delete media that its sent post uses and a key of another account added', async () => {
    const bytes = await jpeg();
    await addAs(actors.other, bytes);
    const { id } = await addAs(actors.restricted, bytes);
    const post = await app.createPost(account, { mediaUrl: undefined, mediaId: id });
    app.clock.advance(60_000);
    await app.app.createWorker().runDue();
    expect((await app.getPost(account, post.id)).status).toBe('sent');
    expect(await attempt(actors.restricted, id)).toEqual(inUse('This media is in use.'));
    expect((await call(actors.other, 'GET', `/v1/media/${id}`)).status).toBe(200);
  });
});

describe('what changes later', () => {
  const status = async (actor: Actor, id: string) => (await call(actor, 'GET', `/v1/media/${id}`)).status;

  test('a restricted key no longer sees the media of a deleted post', async () => {
    const { id } = await addAs(actors.unrestricted);
    const post = await createAs({ key: app.key, at: account }, { mediaId: id });
    expect(await status(actors.restricted, id)).toBe(200);
    await call(actors.restricted, 'DELETE', `${postsOf(actors.restricted)}/${post.id}`);
    expect(await status(actors.restricted, id)).toBe(404);
    expect((await call(actors.restricted, 'GET', '/v1/media')).body.data.media).toEqual([]);
  });

  test('an edit that removes media from a post can be undone', async () => {
    const { id } = await addAs(actors.unrestricted);
    const post = await createAs({ key: app.key, at: account }, { mediaId: id });
    const edit = { posts: [{ id: post.id, mediaId: (await addAs(actors.restricted)).id }] };
    const edited = await call(actors.restricted, 'PATCH', postsOf(actors.restricted), edit);
    expect(edited.status).toBe(200);
    const undo = { posts: edited.body.data.previous };
    expect((await call(actors.restricted, 'PATCH', postsOf(actors.restricted), undo)).status).toBe(200);
    expect((await app.getPost(account, post.id)).media?.id).toBe(id);
  });

  test('a key with more accounts sees what their posts use, and its batches may name it', async () => {
    const { accountId } = actors.other.at;
    const { key, id: keyId } = await app.makeKey({ accountIds: [account.accountId] });
    const growing = { key, at: account };
    const { id } = await addAs(actors.unrestricted);
    await createAs(actors.unrestricted, { mediaId: id });
    expect(await status(growing, id)).toBe(404);
    const sent = await call(growing, 'POST', `${postsOf(growing)}/batches`, { posts: [{ mediaId: id }] });
    await app.database.db
      .updateTable('api_keys')
      .set({ account_ids: [account.accountId, accountId] })
      .where('id', '=', keyId)
      .execute();
    await app.app.jobs.runDue();
    const batch = await app.call('GET', `${postsOf(growing)}/batches/${sent.body.data.batch.id}`);
    expect(batch.body.data.batch.entries[0].status).toBe('created');
  });
});
