// Workers that lose their lane, or the database, in the middle of a post.
import { beforeEach, expect, test } from 'vitest';
import { account, app, pinsHere, usePublishing } from '../../../../test/publishing.ts';
import { withCreatePin } from '../../../../test/with-create-pin.ts';
import { addMs } from '../../../platform/clock.ts';
import { emptyLanes, laneRow } from './lanes.fixture.ts';
import { deferred } from './locks.fixture.ts';

usePublishing();
beforeEach(emptyLanes);

/** Another worker polls each minute. */
async function runForMinutes(minutes: number): Promise<void> {
  const worker = app.app.createWorker();
  for (let minute = 0; minute < minutes; minute += 1) {
    app.clock.advance(60_000);
    await worker.runDue();
  }
}

test('a worker whose lane has been leased again can neither complete a post nor release the lane', async () => {
  const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
  app.clock.advance(1_000);
  const asked = deferred();
  const mayAnswer = deferred();
  const slow = app.app.createWorker({
    owner: 'slow',
    clock: { ...app.clock, every: () => () => {} },
    pinterest: withCreatePin(app.app.pinterest, (createPin) => async (token, body) => {
      const outcome = await createPin(token, body);
      asked.resolve();
      await mayAnswer.promise;
      return outcome;
    }),
  });
  const slowRun = slow.runDue();
  await asked.promise;

  // The lease expires, and another worker finds the post in flight.
  app.clock.advance(app.parts.config.leaseMs);
  await app.app.createWorker({ owner: 'quick' }).runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
  const taken = await laneRow();

  mayAnswer.resolve();
  await slowRun;
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming', pinId: null });
  expect(await laneRow()).toEqual(taken);

  // The Pin whose answer was lost is found by searching: one Pin, one post.
  app.clock.advance(10_000);
  await app.app.createWorker().runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
  expect(await pinsHere()).toHaveLength(1);
});

test('a worker that was suspended right after `mediaReady` does not create the Pin when it wakes up', async () => {
  const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
  app.clock.advance(1_000);
  // The lease expires before the create, and the worker does not notice.
  const suspended = app.app.createWorker({
    owner: 'suspended',
    clock: { ...app.clock, every: () => () => {} },
    pinterest: {
      ...app.app.pinterest,
      of(environment) {
        app.clock.advance(app.parts.config.leaseMs);
        return app.app.pinterest.of(environment);
      },
    },
  });
  const firstDelayMs = app.parts.config.confirmDelaysMs[0] ?? 0;
  await suspended.runDue();
  expect(await pinsHere()).toEqual([]);
  app.clock.advance(firstDelayMs);
  expect(await app.getPost(account, post.id)).toMatchObject({ pinId: null, attempts: 1 });
  // It has released the lane, which has no other post, and nobody is notified of the post that is left in flight.
  await runForMinutes(30);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('a worker that was suspended right after `mediaReady` does not publish an equal post next', async () => {
  const sendAt = addMs(app.clock.now(), 1_000).toISOString();
  const post = await app.createPost(account, { sendAt });
  const equal = await app.createPost(account, { sendAt });
  app.clock.advance(1_000);
  let suspensions = 1;
  const suspended = app.app.createWorker({
    // Its timers run late, so that the lease is renewed when the first post was left in flight.
    pinterest: {
      ...app.app.pinterest,
      of(environment) {
        if (suspensions > 0) app.clock.advance(app.parts.config.leaseMs);
        suspensions -= 1;
        return app.app.pinterest.of(environment);
      },
    },
  });
  await suspended.runDue();
  expect(await pinsHere()).toEqual([]);
  await runForMinutes(30);
  const pins = (await pinsHere()).map((pin) => pin.id);
  const own = [await app.getPost(account, post.id), await app.getPost(account, equal.id)].map(
    ({ pinId }) => pinId,
  );
  expect(own.sort()).toEqual(pins.sort());
});

test.each([
  { move: 'mediaReady', isWritten: true },
  { move: 'mediaReady', isWritten: false },
  { move: 'accept', isWritten: true },
  { move: 'accept', isWritten: false },
] as const)(
  'a worker that gets no answer to $move (written: $isWritten) leaves nothing behind that is not recovered, though its lane has no other work',
  async ({ move, isWritten }) => {
    const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
    app.clock.advance(1_000);
    let failures = 1;
    const { lanes } = app.app;
    const cutOff = app.app.createWorker({
      lanes: {
        ...lanes,
        async move(lane, row, step, now) {
          if (step.move !== move || failures === 0) return lanes.move(lane, row, step, now);
          failures -= 1;
          if (isWritten) await lanes.move(lane, row, step, now);
          throw new Error('the database was away for a moment');
        },
        async release(lane, rest, last) {
          if (last?.step.move !== move || failures === 0) return lanes.release(lane, rest, last);
          failures -= 1;
          if (isWritten) await lanes.release(lane, rest, last);
          throw new Error('the database was away for a moment');
        },
      },
    });
    await cutOff.runDue();
    expect(failures).toBe(0);
    await runForMinutes(30);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
    expect(await pinsHere()).toHaveLength(1);
  },
);
