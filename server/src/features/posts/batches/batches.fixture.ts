// Requests for the tests of batches.
import { expect } from 'vitest';
import { app } from '../../../../test/publishing.ts';
import { pathOf, send } from '../posts.fixture.ts';

export const sendFile = (type: string, content: string | Uint8Array, query = '') =>
  send('POST', `${pathOf()}/batches${query}`, content, { headers: { 'content-type': type } });

/** Sends a file, runs the job of the batch, and returns the batch with its entries. */
export async function runBatch(type: string, content: string | Uint8Array, query = '') {
  const answer = await sendFile(type, content, query);
  expect([answer.status, answer.body.error]).toEqual([202, undefined]);
  await app.app.jobs.runDue();
  const path = `${pathOf()}/batches/${answer.body.data.batch.id}?limit=100`;
  return (await send('GET', path)).body.data.batch;
}

/** A CSV of these lines. */
export const runSheet = (lines: readonly string[], query = '') =>
  runBatch('text/csv', lines.join('\n'), query);
