// The moves of a lease, and the one that is written with its release.
import { beforeEach, expect, test } from 'vitest';
import { account, app, limitNextPin, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import type { LaneStore } from '../index.ts';
import { emptyLanes, laneRow } from '../lane/lanes.fixture.ts';

usePublishing();
beforeEach(emptyLanes);

/** A worker that lists its writes. */
function createListingWorker() {
  const { lanes } = app.app;
  const writes: string[] = [];
  const listing: LaneStore = {
    ...lanes,
    move(lane, post, step, now) {
      writes.push(step.move);
      return lanes.move(lane, post, step, now);
    },
    release(lane, rest, last) {
      writes.push(last ? `release with ${last.step.move}` : 'release');
      return lanes.release(lane, rest, last);
    },
  };
  return { writes, worker: app.app.createWorker({ lanes: listing }) };
}

test('the last move of a lease is written with the release, those before it on their own', async () => {
  await app.createPost(account, { title: 'first' });
  await app.createPost(account, { title: 'second' });
  const { writes, worker } = createListingWorker();
  await runAfter(minute, worker);
  expect(writes).toEqual(['mediaReady', 'accept', 'mediaReady', 'release with accept']);
});

test('a refusal and a lost answer are written with the release, as a Pin is', async () => {
  await app.createPost(account);
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 400, code: 1, times: 1 },
  ]);
  const refused = createListingWorker();
  await runAfter(minute, refused.worker);
  expect(refused.writes).toEqual(['mediaReady', 'release with refuse']);

  await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
  const lost = createListingWorker();
  await runAfter(minute, lost.worker);
  expect(lost.writes).toEqual(['mediaReady', 'release with lose']);
});

test('a move after which the account rests is the last one, whatever else is due', async () => {
  await app.createPost(account, { title: 'first' });
  await app.createPost(account, { title: 'second' });
  await limitNextPin({ 'retry-after': '60' });
  const { writes, worker } = createListingWorker();
  await runAfter(minute, worker);
  expect(writes).toEqual(['mediaReady', 'release with postpone']);
  expect((await laneRow()).not_before).not.toBeNull();
});

test('a move with a report is written before the report is acted on, not with the release', async () => {
  await app.createPost(account);
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 2, times: 1 },
  ]);
  const { writes, worker } = createListingWorker();
  await runAfter(minute, worker);
  expect(writes).toEqual(['mediaReady', 'postpone', 'release']);
});
