// Creates posts while processes are killed and Pinterest misbehaves, then counts the Pins on Pinterest. It sends only
// requests that a user could send, because it tests the result for users rather than the consistency of our tables.

import { video } from '../../src/features/media/videos/sample-videos.fixture.ts';
import { addMs, pause, systemClock } from '../../src/platform/clock.ts';
import type { AnyShape } from '../answer.ts';
import { eventually } from '../eventually.ts';
import { type ChaosInstallation, type Part, startChaosInstallation } from './installation.ts';
import { type Seeded, seeded } from './seeded.ts';

export interface ChaosOptions {
  databaseUrl: string;
  posts: number;
  kills: number;
  seed: number;
  accounts: number;
  workers: number;
  /** The database, if it can be killed too. */
  database?: Part;
  /** Prints progress. */
  say?: (line: string) => void;
}

export interface ChaosFigures {
  seed: number;
  /** Posts that were requested. The API or the database died during those that were not accepted. */
  tried: number;
  /** Posts that were answered with 201 and must therefore be published. */
  accepted: number;
  /** Videos among the accepted posts. */
  videos: number;
  /** Accepted posts that are equal to another one in every field. */
  equal: number;
  pins: number;
  /** Posts that were accepted and are not on Pinterest. */
  lost: string[];
  /** Posts with more Pins than requests, whether or not they were accepted. */
  doubled: string[];
  kills: Record<string, number>;
  /** The number of failed creates, before and after the Pin was created. */
  faults: { before: number; after: number; ofCreates: number };
  runSeconds: number;
  drainSeconds: number;
}

/** Faults that together affect a quarter of all creates. */
const faultKinds = [
  { kind: 'status', status: 500, when: 'before', probability: 0.05 },
  { kind: 'status', status: 503, when: 'after', probability: 0.05 },
  { kind: 'reset', when: 'before', probability: 0.05 },
  { kind: 'reset', when: 'after', probability: 0.05 },
  { kind: 'status', status: 500, when: 'after', probability: 0.03 },
  { kind: 'truncate', when: 'after', probability: 0.05 },
];

const creatorsCount = 2;
const drainPatienceMs = 300_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosFigures> {
  const { databaseUrl, workers } = options;
  const installation = await startChaosInstallation({ databaseUrl, workers });
  try {
    return await runOn(installation, options);
  } finally {
    await installation.stop();
  }
}

async function runOn(installation: ChaosInstallation, options: ChaosOptions): Promise<ChaosFigures> {
  const { posts, kills, seed, say = () => {} } = options;
  // Each actor has its own random numbers, so that the order of answers does not change the acts of the others.
  const chance = seeded(seed);
  const ofKiller = seeded(chance.between(0, 2 ** 31));
  const control = controlOf(installation.simulatorUrl);
  await control('POST', '/settings', { limits: { enabled: false } });
  const accounts = await connectAccounts(installation, control, options.accounts);
  await control('POST', '/faults', {
    faults: faultKinds.map((fault) => ({
      operation: 'pins/create',
      ...fault,
      seed: chance.between(0, 2 ** 31),
    })),
  });

  const videoId = await uploadVideo(installation);

  /** For each title, the number of requests and of responses with 201. */
  const asked = new Map<string, number>();
  const promised = new Map<string, number>();
  const accepted = { posts: 0, videos: 0, equal: 0 };
  let tried = 0;
  let killed = 0;
  const killsOf: Record<string, number> = {};
  const begin = performance.now();

  /** Posts and kills are spread over the same time (see killParts), so that the last kill interrupts work like the first. */
  const mayCreate = () => accepted.posts < Math.ceil((posts * (killed + 2)) / (kills + 1));

  const picture = (name: string) => `${installation.simulatorUrl}/samples/${name}.jpg`;

  /** Creates a post: one in five is a carousel, one in ten a video. */
  function mediaOf(number: number): object {
    if (number % 10 === 3) return { mediaId: videoId, mediaType: 'video', cover: { seconds: 1 } };
    if (number % 5 === 0)
      return { carousel: [{ mediaUrl: picture('garden') }, { mediaUrl: picture('travel') }] };
    return { mediaUrl: picture('recipe') };
  }

  async function createPosts(draw: Seeded): Promise<void> {
    let previous: { title: string; account: (typeof accounts)[number]; media: object } | undefined;
    while (accepted.posts < posts) {
      if (!mayCreate() || !installation.api.isUp()) {
        await pause(10);
        continue;
      }
      tried += 1;
      // One in twelve is equal to the one before it: Pinterest does not show which Pin belongs to which post.
      const isEqual = tried % 12 === 0 && previous !== undefined;
      const post =
        isEqual && previous
          ? previous
          : { title: `chaos ${seed} ${tried}`, account: draw.pick(accounts), media: mediaOf(tried) };
      previous = post;
      const { title, account, media } = post;
      count(asked, title);
      const sendAt = addMs(systemClock.now(), draw.between(300, 1000)).toISOString();
      const status = await call(installation, 'POST', `/v1/accounts/${account.id}/posts`, {
        ...media,
        title,
        description: 'd',
        url: 'https://example.com/',
        boardId: account.boardId,
        sendAt,
      }).then(
        (answer) => answer.status,
        () => null,
      );
      if (status === 201) {
        count(promised, title);
        accepted.posts += 1;
        if (isEqual) accepted.equal += 1;
        if ('cover' in media) accepted.videos += 1;
      }
      // A client waits after a failed request.
      else await pause(draw.between(20, 100));
    }
  }

  async function killParts(draw: Seeded): Promise<void> {
    const restarts: Promise<void>[] = [];
    for (; killed < kills; killed += 1) {
      await pause(draw.between(50, 800));
      // A kill without work in progress would test nothing.
      await eventually('there is work', () => accepted.posts >= (posts * killed) / (kills + 1), 120_000);
      const wanted = draw.next();
      const anyWorker = draw.pick(installation.workers);
      const aim =
        options.database && wanted < 0.1 ? options.database : wanted < 0.35 ? installation.api : anyWorker;
      const target = await eventually(
        'a part to kill is up',
        () => (aim.isUp() ? aim : [installation.api, ...installation.workers].find((part) => part.isUp())),
        60_000,
      );
      await target.kill9();
      killsOf[target.name] = (killsOf[target.name] ?? 0) + 1;
      say(`kill ${killed + 1} of ${kills}: ${target.name}, ${accepted.posts} posts accepted`);
      restarts.push(pause(draw.between(0, 500)).then(() => target.restart()));
    }
    await Promise.all(restarts);
  }

  let isOver = false;

  /** Pauses accounts for a moment: posts that become due are published afterwards. */
  async function pauseAccounts(draw: Seeded): Promise<void> {
    while (!isOver) {
      const { id } = draw.pick(accounts);
      const ask = (what: string) =>
        call(installation, 'POST', `/v1/accounts/${id}/${what}`).catch(() => null);
      await ask('pause');
      await pause(draw.between(50, 800));
      // The API may be dead at this moment, and an account that stays paused would publish nothing.
      await eventually('the account is resumed', async () => (await ask('resume'))?.status === 200, 60_000);
      await pause(draw.between(200, 1500));
    }
  }

  const pausing = pauseAccounts(seeded(chance.between(0, 2 ** 31)));
  await Promise.all([
    killParts(ofKiller),
    ...Array.from({ length: creatorsCount }, () => createPosts(seeded(chance.between(0, 2 ** 31)))),
  ]);
  isOver = true;
  await pausing;
  const faults = await countFaults(control);
  await control('DELETE', '/faults');
  const runSeconds = secondsSince(begin);
  say(`all is up again; ${accepted.posts} posts accepted, waiting until none is queued or in flight`);

  const drainBegin = performance.now();
  await eventually(
    'nothing is queued or in flight',
    async () => {
      await pause(200);
      const left = await Promise.all(accounts.map((account) => countUnfinished(installation, account.id)));
      return left.every((count) => count === 0);
    },
    drainPatienceMs,
    // Unfinished posts are reported below: accepted, and without a Pin.
  ).catch((error: unknown) => say(String(error)));

  const pinCounts = new Map<string, number>();
  const { pins } = (await control('GET', '/pins')) as { pins: { title: string }[] };
  for (const { title } of pins) count(pinCounts, title);
  const timesOf = (title: string, counts: Map<string, number>) => counts.get(title) ?? 0;
  return {
    seed,
    tried,
    accepted: accepted.posts,
    videos: accepted.videos,
    equal: accepted.equal,
    pins: pins.length,
    lost: [...promised].flatMap(([title, times]) => (timesOf(title, pinCounts) < times ? [title] : [])),
    doubled: [...pinCounts].flatMap(([title, times]) => (times > timesOf(title, asked) ? [title] : [])),
    kills: killsOf,
    faults,
    runSeconds,
    drainSeconds: secondsSince(drainBegin),
  };
}

function count(counts: Map<string, number>, title: string): void {
  counts.set(title, (counts.get(title) ?? 0) + 1);
}

type Control = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

function controlOf(simulatorUrl: string): Control {
  return async (method, path, body) => {
    const answer = await fetch(`${simulatorUrl}/_control${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} /_control${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}

async function call(installation: ChaosInstallation, method: string, path: string, body?: object) {
  const url = installation.apiUrl();
  if (!url) throw new Error('The API is down.');
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${installation.key}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    // A server that was killed during an answer may leave the connection open for long.
    signal: AbortSignal.timeout(20_000),
  });
  return { status: answer.status, body: (await answer.json()) as AnyShape };
}

async function connectAccounts(installation: ChaosInstallation, control: Control, count: number) {
  const seeds = Array.from({ length: count }, (_, index) => ({
    username: `chaos_${index}`,
    boards: [{ name: 'Chaos' }],
    tokens: [{ accessToken: `pina_chaos_${index}` }],
  }));
  await control('POST', '/seed', { accounts: seeds });
  return Promise.all(
    seeds.map(async ({ tokens: [token] }) => {
      const connected = await call(installation, 'POST', '/v1/accounts', token);
      if (connected.status >= 300) throw new Error(`connecting answered ${JSON.stringify(connected.body)}`);
      const id: string = connected.body.data.account.id;
      const boards = await call(installation, 'GET', `/v1/accounts/${id}/boards`);
      return { id, boardId: boards.body.data.boards[0].id as string };
    }),
  );
}

/** Runs before the first kill. */
async function uploadVideo(installation: ChaosInstallation): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([await video()], { type: 'video/mp4' }), 'chaos.mp4');
  const answer = await fetch(`${installation.apiUrl()}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${installation.key}` },
    body: form,
  });
  if (answer.status !== 201) throw new Error(`The video was answered with ${await answer.text()}`);
  const { data } = (await answer.json()) as { data: { media: { id: string } } };
  return data.media.id;
}

async function countUnfinished(installation: ChaosInstallation, accountId: string): Promise<number> {
  const counts = await Promise.all(
    ['queued', 'uploading'].map(async (status) => {
      const path = `/v1/accounts/${accountId}/posts?status=${status}&limit=1`;
      return (await call(installation, 'GET', path)).body.data.posts.length as number;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countFaults(control: Control): Promise<ChaosFigures['faults']> {
  const { faults } = (await control('GET', '/faults')) as {
    faults: { when: 'before' | 'after'; struck: number; seen: number }[];
  };
  const struck = (when: 'before' | 'after') =>
    faults.filter((fault) => fault.when === when).reduce((sum, fault) => sum + fault.struck, 0);
  const ofCreates = Math.max(0, ...faults.map((fault) => fault.seen));
  return { before: struck('before'), after: struck('after'), ofCreates };
}

const secondsSince = (begin: number) => Math.round((performance.now() - begin) / 100) / 10;
