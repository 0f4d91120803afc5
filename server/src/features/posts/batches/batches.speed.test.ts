// The cost of a batch: a thousand entries whose media is stored need some dozen statements, not thousands.
import { Kysely, PostgresDialect } from 'kysely';
import { expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import type { Database, Schema } from '../../../platform/db/index.ts';
import { complete, inMs, newPicture, pathOf, send } from '../posts.fixture.ts';
import { getBatchForWork } from './batches.queries.ts';
import { runBatch } from './run-batch.ts';

usePublishing();

/** A database that records its statements. */
function counting() {
  const statements: string[] = [];
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: app.database.pool }),
    log: ({ query }) => void statements.push(query.sql),
  });
  const database: Database = {
    ...app.database,
    db,
    transaction: (work) => db.transaction().execute(work),
  };
  return { database, statements };
}

async function statementsOf(posts: unknown[]): Promise<string[]> {
  const answer = await send('POST', `${pathOf()}/batches`, { posts });
  expect([answer.status, answer.body.error]).toEqual([202, undefined]);
  const batch = await getBatchForWork(app.database.db, answer.body.data.batch.id);
  if (!batch) throw new Error('no batch');
  const { database, statements } = counting();
  const { clock, publicUrl, log } = app.parts;
  const { pinUrl } = app.parts.pinterest;
  const { boards, media, schedule } = app.app;
  const parts = {
    ...{ database, clock, publicUrl, pinUrl, boards, media, schedule },
    accessLevel: 'standard' as const,
  };
  await runBatch(parts, batch, { signal: new AbortController().signal, log });
  expect(await getBatchForWork(app.database.db, batch.id)).toMatchObject({
    status: 'completed',
    created: posts.length,
  });
  return statements;
}

test('a batch of a thousand entries with stored media, boards and external ids takes fewer than 60 statements', async () => {
  const pictures = await Promise.all(Array.from({ length: 10 }, () => newPicture()));
  const boards = Object.values(account.boards);
  const entries = Array.from({ length: 1000 }, (_, index) =>
    complete({
      mediaUrl: undefined,
      mediaId: pictures[index % pictures.length].id,
      boardId: boards[index % boards.length],
      url: `https://example.com/${index}`,
      externalId: `speed-${index}`,
      tags: ['spring', `tag ${index}`],
      sendAt: inMs((index + 1) * 60_000),
    }),
  );
  expect((await statementsOf(entries)).length).toBeLessThan(60);
});
