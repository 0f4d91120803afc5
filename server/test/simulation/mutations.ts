// Planted mistakes of publishing, each with the objection that the simulation must raise.
import { isInFlight } from '../../src/domain/post-states.ts';
import type { Step } from '../../src/features/posts/index.ts';
import { withoutHeld } from './model-rules.ts';
import type { Mutation } from './world.ts';

export interface Mistake extends Mutation {
  objection: RegExp;
}

/** Sends the create request again, as after a retryable refusal. */
function toPostpone(step: Step, now: Date): Step {
  if (step.move !== 'lose') return step;
  return { move: 'postpone', runAt: now, failure: step.failure };
}

export const mistakes: Record<string, Mistake> = {
  'the fence is ignored': {
    rules: () => ({ isHeldUnder: () => true }),
    objection: /which it no longer held/,
  },
  'a post that was changed meanwhile is written all the same': {
    rules: () => ({ isAsRead: () => true }),
    objection: /constraint|has a Pin|a Pin was made for|was taken before|find no end/,
  },
  'equal posts do not wait for a lost one': {
    rules: () => ({ isBlockedByTwin: () => false }),
    objection:
      /while its equal|is not its Pin|constraint posts_by_pin|became queued, and has a Pin|published twice/,
  },
  'equal posts do not wait for a held one': {
    rules: (right) => ({
      isBlockedByTwin: (account, post) => right.isBlockedByTwin(withoutHeld(account), post),
    }),
    objection: /while its equal/,
  },
  'a search that cannot decide counts as a search that found none': {
    lanes: (right) => ({
      move: (lane, post, step, now) =>
        right.move(lane, post, step.move === 'giveUp' ? { move: 'clear' } : step, now),
    }),
    objection: /became queued, and has a Pin/,
  },
  'pacing forgets held posts': {
    rules: (right) => ({
      countsForPacing: (post) => post.state !== 'held' && right.countsForPacing(post),
    }),
    objection: /after another Pin|is Pin \d+ of 24 hours/,
  },
  'pacing forgets lost answers': {
    rules: () => ({ countsForPacing: (post) => post.state === 'publishing' }),
    objection: /after another Pin|is Pin \d+ of 24 hours/,
  },
  'there is no pacing': {
    rules: (right) => ({
      pacedUntil: (account, now) =>
        account.row.publishing === 'paused' ? right.pacedUntil(account, now) : null,
    }),
    objection: /after another Pin|is Pin \d+ of 24 hours/,
  },
  'the latest post goes first': {
    rules: (right) => ({ isBefore: (a, b) => right.isBefore(b, a) }),
    objection: /was taken before/,
  },
  'a post that comes in wakes nobody': {
    rules: () => ({ lowerWake: () => false }),
    objection: /would sleep past its posts/,
  },
  'what is left in flight wakes nobody': {
    rules: (right) => ({
      earliestWork: (account, pacedUntil) =>
        right.earliestWork(
          {
            ...account,
            open: new Map([...account.open].filter(([, post]) => !isInFlight(post))),
          },
          pacedUntil,
        ),
    }),
    objection: /would sleep past its posts/,
  },
  'a lost create is repeated': {
    lanes: (right) => ({
      move: (lane, post, step, now) => right.move(lane, post, toPostpone(step, now), now),
      release: (lane, rest, last) =>
        right.release(lane, rest, last && { ...last, step: toPostpone(last.step, rest.now) }),
    }),
    objection: /became queued, and has a Pin/,
  },
  'what a dead worker was asking for is asked for again': {
    lanes: (right) => ({
      move: (lane, post, step, now) =>
        right.move(lane, post, 'pinterest' in step ? step : toPostpone(step, now), now),
    }),
    objection: /became queued, and has a Pin|a Pin was made for .* which is/,
  },
  'what a dead worker left is not recovered': {
    lanes: () => ({ listInFlight: () => [] }),
    objection: /rests in|find no end|left over/,
  },
  'a Pin of another post may be taken': {
    lanes: () => ({ listOwnedPinIds: () => new Set() }),
    objection: /constraint posts_by_pin|is not its Pin/,
  },
  'a worker believes that it holds what it has lost': {
    lanes: (right) => ({
      renew(renewal) {
        right.renew(renewal);
        return new Set(renewal.lanes.map((lane) => lane.accountId));
      },
    }),
    objection: /published twice|a Pin was made for .* which is|whose lane it no longer held/,
  },
  'one look is enough to say that there is no Pin': {
    confirmDelaysMs: [10_000],
    objection: /became queued, and has a Pin/,
  },
  'a worker overlooks that its account was paused': {
    lanes: (right) => ({
      findDuePost: ({ id }, now, options) => right.findDuePost(right.getAccount(id), now, options),
    }),
    objection: /while its account was paused/,
  },
  'a queue that cannot be moved starves lost answers': {
    lanes: (right) => ({
      findDuePost: (account, now, options) =>
        options.unknownOnly ? undefined : right.findDuePost(account, now, options),
    }),
    objection: /nothing happens|find no end/,
  },
};
