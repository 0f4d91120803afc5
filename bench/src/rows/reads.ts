// Reading a page of a long list, and finding the next open slot.
import { addPosts } from '../fill.ts';
import { cpuMsEach, latency, type Measured, measure } from '../load.ts';
import { row } from '../row.ts';
import { openSite } from '../site.ts';
import { accountOf, newPost } from './posts.ts';

const dayMs = 24 * 3600 * 1000;
const pageSize = 50;

/** The latency and CPU time of one operation. */
const costFigures = (noun: string, p99Max: number) =>
  ({
    p50: { label: 'latency p50', unit: 'ms' },
    p99: { label: 'latency p99', unit: 'ms', atMost: p99Max },
    cpu: { label: `CPU of the server per ${noun}`, unit: 'ms' },
    postgres: { label: `CPU of PostgreSQL per ${noun}`, unit: 'ms' },
  }) as const;

const costOf = (measured: Measured) => ({
  p50: latency([measured], 0.5),
  p99: latency([measured], 0.99),
  cpu: cpuMsEach([measured], 'program'),
  postgres: cpuMsEach([measured], 'postgres'),
});

export const list = row({
  name: 'list',
  what: `a page of ${pageSize} posts, one caller, any place in the list of an account; the account has a tenth of 1,000,000 posts (100,000 in the quick form)`,
  against: 'nothing',
  figures: costFigures('page', 20),
  async run(lab, form) {
    const stored = form === 'full' ? 1_000_000 : 100_000;
    const site = await openSite(lab, { accounts: 100 });
    try {
      const from = new Date(Date.now() + 2 * dayMs);
      const accountPosts = stored / 10;
      const add = { ...site, from, stepMs: (300 * dayMs) / accountPosts };
      await addPosts(site.sql, {
        ...add,
        tag: 'first',
        count: accountPosts,
        accounts: site.accounts.slice(0, 1),
      });
      await addPosts(site.sql, {
        ...add,
        tag: 'rest',
        count: stored - accountPosts,
        stepMs: add.stepMs / 10,
      });
      const server = await site.start('api');
      const client = site.client(server, 1);
      const load = (times: number) =>
        measure({
          concurrency: 1,
          times,
          watch: { program: server.pid, postgres: lab.postgresPid },
          operation: async (index) => {
            const startDate = new Date(from.getTime() + ((index * 37) % 290) * dayMs).toISOString();
            const path = `/v1/accounts/${accountOf(site, 0).id}/posts?status=queued&limit=${pageSize}`;
            const { data } = await client.expect(200, 'GET', `${path}&startDate=${startDate}`);
            if (data.posts.length !== pageSize) throw new Error('The page is not full.');
          },
        });
      await load(100);
      const measured = await load(form === 'full' ? 3000 : 500);
      return {
        values: costOf(measured),
        notes: [`${stored.toLocaleString('en')} posts stored.`],
      };
    } finally {
      await site.close();
    }
  },
});

const slots = 500;
const queued = 5000;
const slotEveryMinutes = 20;
const weekMs = 7 * dayMs;

/** Returns the timeslot with this number: a weekly day and time, in UTC. */
function slotOf(index: number) {
  const minutes = Math.floor(index / 7) * slotEveryMinutes;
  const two = (number: number) => String(number).padStart(2, '0');
  return {
    dayPreference: index % 7,
    timePreference: `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
    timezone: 'Etc/UTC',
  };
}

/** Returns the next moments of all slots, in order. */
function nextMoments(now: Date, count: number): Date[] {
  const sunday = new Date(now.getTime() - now.getUTCDay() * dayMs).setUTCHours(0, 0, 0, 0);
  const moments: number[] = [];
  for (let week = 0; moments.length < count + slots; week += 1) {
    for (let index = 0; index < slots; index += 1) {
      const minutes = Math.floor(index / 7) * slotEveryMinutes;
      const at = sunday + week * weekMs + (index % 7) * dayMs + minutes * 60_000;
      if (at > now.getTime()) moments.push(at);
    }
  }
  return moments
    .toSorted((left, right) => left - right)
    .slice(0, count)
    .map((at) => new Date(at));
}

export const slot = row({
  name: 'slot',
  what: `create at the next open slot, one caller; ${slots} slots a week, the next ${queued.toLocaleString('en')} of them taken`,
  against: 'nothing',
  figures: costFigures('post', 30),
  async run(lab, form) {
    const site = await openSite(lab, { accounts: 1 });
    try {
      const server = await site.start('api');
      const client = site.client(server, 4);
      const account = `/v1/accounts/${accountOf(site, 0).id}`;
      for (let index = 0; index < slots; index += 1) {
        await client.expect(201, 'POST', `${account}/timeslots`, slotOf(index));
      }
      const now = new Date();
      const moments = nextMoments(now, queued);
      await addPosts(site.sql, { ...site, tag: 'slots', count: queued, from: now, stepMs: 60_000 });
      // As if each post had been created at the next open slot.
      await site.sql.query(
        `update posts set send_at = taken.at, run_at = taken.at
         from (select id, row_number() over (order by id) as number from posts) p
         join unnest($1::timestamptz[]) with ordinality as taken (at, number) on taken.number = p.number
         where posts.id = p.id`,
        [moments],
      );
      await site.sql.query('vacuum analyze posts');
      const load = (times: number) =>
        measure({
          concurrency: 1,
          times,
          watch: { program: server.pid, postgres: lab.postgresPid },
          operation: async (index) => {
            const { sendAt: _, ...post } = newPost(site, 0, index);
            const body = { ...post, mediaId: site.mediaId, useNextOpenSlot: true };
            await client.expect(201, 'POST', `${account}/posts`, body);
          },
        });
      await load(20);
      const measured = await load(form === 'full' ? 1000 : 100);
      return {
        values: costOf(measured),
        notes: [],
      };
    } finally {
      await site.close();
    }
  },
});
