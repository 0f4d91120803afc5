// The moves with the values that they need.
import type { PinterestTrace, PostFailure } from '../../../domain/event-data.ts';

/** A move with its values. */
export type Step =
  /** `shifted`: moved by a pause, not by a person. */
  | { move: 'schedule'; sendAt: Date; boardId: string; shifted?: true }
  | { move: 'unschedule' }
  /** Overdue, and the account holds missed posts: a person is needed. */
  | { move: 'miss'; failure: PostFailure }
  /** The create request follows: from now on a Pin may exist. */
  | { move: 'mediaReady' }
  /** `pinUrl`: the page where people see the Pin. */
  | { move: 'accept'; pinId: string; pinUrl: string; pinterest: PinterestTrace }
  | { move: 'postpone'; runAt: Date; failure: PostFailure; pinterest?: PinterestTrace }
  | { move: 'refuse'; failure: PostFailure; pinterest?: PinterestTrace }
  | { move: 'lose'; confirmAt: Date; failure: PostFailure; pinterest?: PinterestTrace }
  /** It may have been published since the backup from which this installation was restored. */
  | { move: 'doubt'; since: Date; confirmAt: Date; failure: PostFailure }
  /** The search continues. `counts`: Pinterest answered. */
  | { move: 'searchAgain'; confirmAt: Date; failure: PostFailure; counts: boolean; found: number }
  /** The search ends without a result: a person is needed. `found`: the Pins that match. */
  | { move: 'giveUp'; failure: PostFailure; found: number }
  /** `byHand`: a person has decided, not the search. */
  | { move: 'find'; pinId: string; pinUrl: string; byHand?: true }
  | { move: 'clear'; byHand?: true };
