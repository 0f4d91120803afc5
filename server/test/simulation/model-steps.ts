// Random steps of a post, for the calls on the model.
import type { PostRow, Step } from '../../src/features/posts/index.ts';
import { moves } from '../../src/features/posts/record/lifecycle.ts';
import { addMs } from '../../src/platform/clock.ts';
import type { Seeded } from '../chaos/seeded.ts';

const failure = { code: 'why', message: 'm', remediation: 'r', retryable: true };
const trace = { status: 200, code: null, requestId: null, durationMs: 1 };
const nextMoves: Record<string, readonly string[]> = {
  queued: ['mediaReady', 'mediaReady', 'mediaReady', 'miss', 'postpone', 'refuse', 'schedule', 'doubt'],
  publishing: ['accept', 'accept', 'postpone', 'lose', 'lose', 'refuse'],
  unknown: ['searchAgain', 'searchAgain', 'find', 'clear', 'giveUp'],
  held: ['schedule', 'unschedule', 'find', 'clear'],
};

/** Returns a step that the lifecycle mostly allows, with random values. */
export function anyStep(
  post: PostRow,
  { draw, later, now, count }: { draw: Seeded; later(): Date; now: Date; count: number },
): Step {
  const likely = draw.chance(0.9) ? nextMoves[post.state] : undefined;
  const move = draw.pick(likely ?? moves) as Step['move'];
  const pinId = draw.chance(0.1) ? '1' : String(100 + count);
  switch (move) {
    case 'schedule':
      return { move, sendAt: later(), boardId: draw.pick(['1', '2']) };
    case 'unschedule':
    case 'mediaReady':
    case 'clear':
      return { move };
    case 'miss':
      return { move, failure: { ...failure, code: 'missed' } };
    case 'accept':
      return { move, pinId, pinUrl: '', pinterest: trace };
    case 'postpone':
      return { move, runAt: later(), failure, pinterest: trace };
    case 'refuse':
      return { move, failure };
    case 'lose':
      return { move, confirmAt: later(), failure };
    case 'doubt':
      return { move, since: addMs(now, -60_000), confirmAt: later(), failure };
    case 'searchAgain':
      return { move, confirmAt: later(), failure, counts: draw.chance(0.5), found: 0 };
    case 'giveUp':
      return { move, failure, found: 0 };
    case 'find':
      return { move, pinId, pinUrl: '' };
  }
}
