// The life of a post: which move leads from which state to which. Pure; the only code that writes the
// result down is move-post.ts.

/**
 * draft       kept, not scheduled
 * queued      waits for its time
 * uploading   left by an earlier version, whose workers claimed a post before they read its media: nothing was asked
 * publishing  Pinterest is being asked for the Pin; from here on a Pin may exist
 * sent        the Pin exists and is ours
 * failed      refused for a reason that waiting does not mend
 * unknown     asked for, answer lost: settled by looking on Pinterest, never by asking again
 */
export const states = ['draft', 'queued', 'uploading', 'publishing', 'sent', 'failed', 'unknown'] as const;
export type State = (typeof states)[number];

export const moves = [
  'schedule',
  'unschedule',
  'miss',
  'mediaReady',
  'accept',
  'postpone',
  'refuse',
  'lose',
  'doubt',
  'look',
  'find',
  'clear',
] as const;
export type Move = (typeof moves)[number];

/**
 * The line between queued and publishing is the line between "do it again" and "a Pin may exist". What comes before it
 * (reading the media) is done without a mark: whoever dies over it has left nothing to clean up, and until the line the
 * post is still its owner's to change.
 * `doubt` is for a restored backup, which knows nothing of what was published after it was taken.
 * Nothing leads from publishing or unknown to another create without Pinterest's word, or a look, that
 * nothing was made.
 */
const table: Record<State, Partial<Record<Move, State>>> = {
  draft: { schedule: 'queued' },
  queued: {
    schedule: 'queued',
    unschedule: 'draft',
    mediaReady: 'publishing',
    miss: 'queued',
    postpone: 'queued',
    refuse: 'failed',
    doubt: 'unknown',
  },
  uploading: { postpone: 'queued', doubt: 'unknown' },
  publishing: { accept: 'sent', postpone: 'queued', refuse: 'failed', lose: 'unknown' },
  sent: {},
  failed: { schedule: 'queued', unschedule: 'draft' },
  unknown: { look: 'unknown', find: 'sent', clear: 'queued' },
};

/** The state to which `move` leads from `from`; undefined when it is not allowed there. */
export function nextState(from: State, move: Move): State | undefined {
  return table[from][move];
}

/** The status that callers see, as the column posts.status works it out: what happens to a post in flight is ours. */
export function statusOf(state: State): string {
  return state === 'publishing' || state === 'unknown' ? 'uploading' : state;
}

/** Every allowed move, for documentation and tests. */
export function allowedMoves(): { from: State; move: Move; to: State }[] {
  return states.flatMap((from) =>
    moves.flatMap((move) => {
      const to = nextState(from, move);
      return to ? [{ from, move, to }] : [];
    }),
  );
}

/**
 * Posts that no worker holds may be edited and deleted (as a mark). A sent Pin stays as it is; one in flight is not
 * ours to stop.
 */
export function isAtRest(state: State): boolean {
  return state === 'draft' || state === 'queued' || state === 'failed';
}
