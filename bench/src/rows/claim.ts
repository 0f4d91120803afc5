// Claiming due posts and recording their results, without Pinterest.
import { randomUUID } from 'node:crypto';
import { addPosts } from '../fill.ts';
import { interleave, ratios } from '../interleave.ts';
import type { Lab } from '../lab.ts';
import { cpuSecondsOfTree } from '../processes.ts';
import { row } from '../row.ts';
import { openSite, type Site } from '../site.ts';
import { median } from '../statistics.ts';

const accounts = 1000;
/** The number of accounts that a worker serves concurrently (app.ts). */
const concurrency = 64;

export const claim = row({
  name: 'claim',
  what: `claim due posts and record their results, ${accounts} accounts, in order for each account, with events; Pinterest and the media are stubs`,
  against:
    'a bare queue on the same rows: claim one FOR UPDATE SKIP LOCKED, then record its result, two statements',
  figures: {
    ratio: { label: 'posts/s, of the bare queue', unit: '×', atLeast: 0.3 },
    rate: { label: 'posts/s', unit: '/s' },
    cpu: { label: 'CPU per post, in this process', unit: 'ms' },
    postgres: { label: 'CPU of PostgreSQL per post', unit: 'ms' },
    bareRate: { label: 'bare: posts/s', unit: '/s' },
    bareCpu: { label: 'bare: CPU per post, in this process', unit: 'ms' },
    barePostgres: { label: 'bare: CPU of PostgreSQL per post', unit: 'ms' },
  },
  async run(lab, form) {
    const count = form === 'full' ? 3_000 : 600;
    const site = await openSite(lab, { accounts });
    try {
      // A bare queue would have this index; without it each claim would read the whole table.
      await site.sql.query('create index bench_due on posts (run_at) where run_at is not null');
      const rounds = await interleave(form === 'full' ? 6 : 3, {
        ours: (round) => oneRound(lab, site, `ours-${round}`, count, () => runWorker(site)),
        bare: (round) => oneRound(lab, site, `bare-${round}`, count, () => runBareQueue(site)),
      });
      // The first round warms up.
      const [ours, bare] = [rounds.ours.slice(1), rounds.bare.slice(1)];
      const of = (round: Round[], figure: keyof Round) => round.map((entry) => entry[figure]);
      return {
        values: {
          ratio: median(ratios(of(ours, 'rate'), of(bare, 'rate'))),
          rate: median(of(ours, 'rate')),
          cpu: median(of(ours, 'cpu')),
          postgres: median(of(ours, 'postgres')),
          bareRate: median(of(bare, 'rate')),
          bareCpu: median(of(bare, 'cpu')),
          barePostgres: median(of(bare, 'postgres')),
        },
        notes: [`${count.toLocaleString('en')} posts a round.`],
      };
    } finally {
      await site.close();
    }
  },
});

interface Round {
  rate: number;
  cpu: number;
  postgres: number;
}

/** Adds posts that are due, then measures only the work on them. */
async function oneRound(
  lab: Lab,
  site: Site,
  tag: string,
  count: number,
  work: () => Promise<void>,
): Promise<Round> {
  await addPosts(site.sql, {
    ...site,
    tag,
    count,
    from: new Date(Date.now() - 60_000),
    stepMs: 50_000 / count,
  });
  await site.sql.query('vacuum analyze posts');
  await site.sql.query('vacuum analyze lanes');
  const postgresBefore = cpuSecondsOfTree(lab.postgresPid);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const postgres = cpuSecondsOfTree(lab.postgresPid) - postgresBefore;
  const { rows } = await site.sql.query<{ left: number }>(
    `select count(*)::int as left from posts where run_at <= now()`,
  );
  if (rows[0]?.left !== 0) throw new Error(`${rows[0]?.left} posts are left.`);
  return {
    rate: count / seconds,
    cpu: (user + system) / 1000 / count,
    postgres: (postgres * 1000) / count,
  };
}

/** Runs the product's worker with a stub of Pinterest that creates every Pin immediately. */
async function runWorker({ installation }: Site): Promise<void> {
  const { app } = installation;
  const worker = app.createWorker({
    media: {
      ...app.media,
      readForPublishing: async () => ({ contentType: 'image/jpeg', bytes: new Uint8Array() }),
    },
    pinterest: {
      ...app.pinterest,
      of: (environment) => ({
        ...app.pinterest.of(environment),
        createPin: async () => createdPin(),
      }),
    },
  });
  await worker.runDue();
}

let lastPin = 0;

function createdPin() {
  lastPin += 1;
  return {
    kind: 'created' as const,
    pin: {
      id: String(lastPin),
      createdAt: null,
      boardId: null,
      boardSectionId: null,
      title: null,
      description: null,
      link: null,
      altText: null,
      isOwner: true,
      isStandard: null,
      mediaKind: 'image' as const,
    },
    call: {
      status: 201,
      pinterestCode: null,
      message: null,
      requestId: null,
      durationMs: 0,
      rateLimit: null,
      startedAt: new Date(),
    },
  };
}

/** Runs a minimal queue: no order, no lanes, no events, no recovery after a crash. */
async function runBareQueue({ installation }: Site): Promise<void> {
  const { pool } = installation.database;
  let isEmpty = false;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!isEmpty) {
        const { rows } = await pool.query({ name: 'bench-claim', text: claimText });
        if (rows.length === 0) isEmpty = true;
        else await pool.query({ name: 'bench-record', text: recordText, values: [rows[0].id, randomUUID()] });
      }
    }),
  );
}

const claimText = `
  update posts set state = 'publishing', run_at = null, attempt_started_at = now(), updated_at = now()
  where id = (
    select id from posts where run_at <= now() and state = 'queued'
    order by run_at limit 1 for update skip locked
  )
  returning *`;
const recordText = `
  update posts set state = 'sent', pin_id = $2, sent_at = now(), attempts = attempts + 1, updated_at = now()
  where id = $1`;
