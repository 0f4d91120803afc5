// npm run seed: fills a Pintail that runs on the simulator with demo data, through its REST API and the simulator's
// control interface. If none is running, it starts one and stops it at the end. A second run adds only what is missing.
import { readConfig } from '../../server/src/config.ts';
import { postStatuses } from '../../server/src/domain/post-states.ts';
import { addressesOf, publicUrlOf } from '../../server/src/installation.ts';
import { addMs, systemClock } from '../../server/src/platform/clock.ts';
import {
  accountNames,
  boardNames,
  deadHost,
  groups,
  type PostGroup,
  type SeededAccount,
  samples,
  textsOf,
} from './seed-content.ts';
import { type Call, createCall, ensureServer, readKey, SeedProblem, until } from './seed-server.ts';

interface Account {
  id: string;
  username: string;
  userId: string;
  environment: string;
}

interface Board {
  id: string;
  name: string;
}

interface Post {
  id: string;
  externalId: string | null;
  status: string;
  publication: string;
}

/** The time for publishing one group, with a margin for a busy machine. */
const groupMs = 180_000;
const dayMs = 24 * 60 * 60 * 1000;

/** Seeds one installation. `created` counts the rows that this run added. */
class Seeder {
  readonly created = new Map<string, number>();
  readonly #api: Call;
  readonly #simulator: Call;
  readonly #simulatorUrl: string;

  constructor(api: Call, simulator: Call, simulatorUrl: string) {
    this.#api = async (method, path, body) => (await api<{ data: never }>(method, path, body)).data;
    this.#simulator = simulator;
    this.#simulatorUrl = simulatorUrl;
  }

  #count(what: string, count = 1): void {
    this.created.set(what, (this.created.get(what) ?? 0) + count);
  }

  async run(): Promise<void> {
    const accounts = {
      active: await this.#account('active', { minIntervalSeconds: 0, unknownPolicy: 'ask' }),
      paused: await this.#account('paused', { minIntervalSeconds: 0 }),
    };
    await this.#api('POST', `/v1/accounts/${accounts.paused.id}/pause`, { onDue: 'hold' });
    const boards = {
      active: await this.#boards(accounts.active),
      paused: await this.#boards(accounts.paused),
    };
    await this.#boardList(accounts.active, boards.active);
    await this.#timeslots(accounts.active);
    await this.#webhook();
    const media = await this.#media();
    const existing = {
      active: await this.#posts(accounts.active),
      paused: await this.#posts(accounts.paused),
    };
    for (const group of groups) {
      const { account } = group;
      await this.#group(group, accounts[account], boards[account], media, existing[account]);
    }
  }

  async #account(kind: SeededAccount, settings: object): Promise<Account> {
    const username = accountNames[kind];
    const { accounts } = await this.#api<{ accounts: Account[] }>('GET', '/v1/accounts');
    const connected = accounts.find((account) => account.username === username);
    if (connected) return connected;
    const seeded = await this.#simulator<{
      accounts: { tokens: { accessToken: string; refreshToken: string }[] }[];
    }>('POST', '/_control/seed', {
      accounts: [
        {
          username,
          boards: boardNames.map((name) => ({ name, sections: [{ name: 'Favorites' }] })),
          tokens: [{}],
        },
      ],
    });
    const token = seeded.accounts[0]?.tokens[0];
    const { account } = await this.#api<{ account: Account }>('POST', '/v1/accounts', {
      accessToken: token?.accessToken,
      environment: 'simulator',
    });
    await this.#api('PATCH', `/v1/accounts/${account.id}`, settings);
    this.#count('accounts');
    return account;
  }

  async #boards(account: Account): Promise<Board[]> {
    const { boards } = await this.#api<{ boards: Board[] }>('GET', `/v1/accounts/${account.id}/boards`);
    return boardNames.flatMap((name) => boards.find((board) => board.name === name) ?? []);
  }

  async #boardList(account: Account, boards: Board[]): Promise<void> {
    const path = `/v1/accounts/${account.id}/board-lists`;
    const { boardLists } = await this.#api<{ boardLists: { name: string | null }[] }>('GET', path);
    for (const [name, ids] of [
      ['Everything', boards.map(({ id }) => id)],
      ['Outdoors', boards.slice(1, 2).map(({ id }) => id)],
    ] as const) {
      if (boardLists.some((list) => list.name === name)) continue;
      await this.#api('POST', path, { name, boardIds: ids });
      this.#count('board lists');
    }
  }

  async #timeslots(account: Account): Promise<void> {
    const path = `/v1/accounts/${account.id}/timeslots`;
    const { timeslots } = await this.#api<{ timeslots: unknown[] }>('GET', path);
    if (timeslots.length > 0) return;
    const rebuild = { perDay: 3, days: [0, 1, 2, 3, 4, 5, 6], from: '09:00', to: '20:00' };
    await this.#api('POST', `${path}/rebuild`, { ...rebuild, timezone: 'Europe/Berlin' });
    this.#count('timeslots', rebuild.perDay * rebuild.days.length);
  }

  async #webhook(): Promise<void> {
    const url = `http://${deadHost}/hooks/pintail`;
    const { webhooks } = await this.#api<{ webhooks: { url: string }[] }>('GET', '/v1/webhooks');
    if (webhooks.some((webhook) => webhook.url === url)) return;
    try {
      await this.#api('POST', '/v1/webhooks', { url, description: 'Seeded; nothing listens here' });
      this.#count('failing webhooks');
    } catch (error) {
      if (!(error instanceof SeedProblem && error.message.includes('private_address'))) throw error;
      console.log(
        `No failing webhook: start the server with WEBHOOK_ALLOWED_PRIVATE_HOSTS=${deadHost}, as npm run dev does.`,
      );
    }
  }

  /** Equal files are stored once, so a second run gets the same ids. */
  async #media(): Promise<string[]> {
    const ids: string[] = [];
    for (const name of samples) {
      const url = `${this.#simulatorUrl}/samples/${name}.jpg`;
      ids.push((await this.#api<{ media: { id: string } }>('POST', '/v1/media', { url })).media.id);
    }
    return ids;
  }

  /** The seeded posts that exist, by externalId. */
  async #posts(account: Account): Promise<Map<string, Post>> {
    const posts = new Map<string, Post>();
    for (const status of postStatuses) {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query = new URLSearchParams({ status, limit: '100', ...(cursor && { cursor }) });
        const page: { posts: Post[]; cursor: string | null } = await this.#api(
          'GET',
          `/v1/accounts/${account.id}/posts?${query}`,
        );
        for (const post of page.posts) if (post.externalId) posts.set(post.externalId, post);
        cursor = page.cursor;
      }
    }
    return posts;
  }

  async #group(
    group: PostGroup,
    account: Account,
    boards: Board[],
    media: string[],
    existing: Map<string, Post>,
  ): Promise<void> {
    const missing = Array.from({ length: group.count }, (_, index) => index).filter(
      (index) => !existing.has(textsOf(group, index).externalId),
    );
    if (missing.length === 0) return;
    await this.#addFaults(group, account, missing.length);
    const path = `/v1/accounts/${account.id}/posts`;
    const ids: string[] = [];
    for (const index of missing) {
      const { post } = await this.#api<{ post: Post }>('POST', path, {
        ...textsOf(group, index),
        mediaId: media[index % media.length],
        boardId: boards[index % boards.length]?.id,
        ...scheduleOf(group, index),
      });
      ids.push(post.id);
    }
    this.#count(`posts: ${group.shows}`, missing.length);
    const { until: end } = group;
    if (!end) return;
    for (const id of ids) {
      await until(groupMs, `a post of the group "${group.name}" did not become ${end.status}`, async () => {
        const { post } = await this.#api<{ post: Post }>('GET', `${path}/${id}`);
        const isReached =
          post.status === end.status && post.publication === (end.publication ?? post.publication);
        return isReached || undefined;
      });
    }
  }

  /** Sets one fault for each create, distributed evenly. Each create uses one, so that none remains. */
  async #addFaults({ faults = [] }: PostGroup, account: Account, creates: number): Promise<void> {
    if (faults.length === 0) return;
    const { accounts } = await this.#simulator<{ accounts: { id: string; username: string }[] }>(
      'GET',
      '/_control/state',
    );
    const accountId = accounts.find(({ username }) => username === account.username)?.id;
    await this.#simulator('POST', '/_control/faults', {
      faults: Array.from({ length: creates }, (_, index) => ({
        ...faults[index % faults.length],
        operation: 'pins/create',
        accountId,
        nth: index + 1,
      })),
    });
  }
}

function scheduleOf({ schedule }: PostGroup, index: number): object {
  if (schedule === 'now') return { now: true };
  if (schedule === 'useNextOpenSlot') return { useNextOpenSlot: true };
  if (schedule === 'inDays') return { sendAt: addMs(systemClock.now(), (index + 1) * dayMs).toISOString() };
  return {};
}

async function main(): Promise<void> {
  const config = readConfig();
  if (config.pinterestEnvironment !== 'simulator') {
    throw new SeedProblem('Demo data is for the simulator only. Run with PINTEREST_ENVIRONMENT=simulator.');
  }
  const url = publicUrlOf(config);
  const stop = await ensureServer(url);
  try {
    const simulatorUrl = addressesOf(config).simulator.apiUrl.replace(/\/v5$/, '');
    const api = createCall(url, { authorization: `Bearer ${readKey(config)}` });
    const seeder = new Seeder(api, createCall(simulatorUrl, {}), simulatorUrl);
    await seeder.run();
    if (seeder.created.size === 0) console.log('Everything exists already; nothing was added.');
    for (const [what, count] of seeder.created) console.log(`${String(count).padStart(5)}  ${what}`);
    console.log(`Accounts ${accountNames.active} and ${accountNames.paused} (paused), at ${url}`);
  } finally {
    await stop();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SeedProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
