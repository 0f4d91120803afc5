// The result of serving one post: values, which serve-lane.ts writes and acts on. Serving a post writes nothing itself
// except the move `mediaReady`, which must be committed before Pinterest is called.
import type { Failure } from '../../../pinterest/index.ts';
import type { LaneRest } from '../../lanes/index.ts';
import type { PostRow, Step } from '../../posts/index.ts';
import type { PlannedMove } from '../lane/lane-store.ts';

export interface Served {
  /** The moves to write, in this order. If one cannot be written, the moves after it are not written. */
  steps: readonly PlannedMove[];
  /** How long the lane or its queue rests; empty if they do not. */
  rest: Omit<LaneRest, 'now'>;
  /** News about the account or the whole app. Acted on after the steps are written. */
  report?: Report | undefined;
}

export type Report =
  /** Pinterest asked the whole app to wait. */
  | { kind: 'app_paused'; until: Date }
  /** Pinterest refused the account's token. */
  | { kind: 'token_refused'; reason: Failure['reason'] };

/** One move of the post that was served. */
export function served(post: PostRow, step: Step, rest: Served['rest'] = {}): Served {
  return { steps: [{ post, step }], rest };
}

/** The result without a move, because the post has changed or another worker has leased the lane. */
export const nothingToWrite: Served = { steps: [], rest: {} };
