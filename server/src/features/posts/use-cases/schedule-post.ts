// Schedules a draft or a failed post, or reschedules a queued one.
import { type Context, invalidBody } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { accessProblem, accountWarnings, problemsOfPlaces } from '../compose/check-post.ts';
import type { SchedulePost } from '../compose/create-post.schema.ts';
import { findPlaceProblems, timingOf } from '../compose/facts.ts';
import { getPostRow } from '../read/get-post.ts';
import { checkVersion, postAnswer, withVersion } from '../read/views.ts';
import { missingToSchedule, requiredToSchedule } from '../record/fields.ts';
import { movePost } from '../record/move.ts';
import { noAccess, postChanged } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import type { PostParts, PostTarget } from './parts.ts';

/**
 * @throws accountNotFound, postNotFound, invalidBody for a field that scheduling needs or an unknown board, noAccess,
 *   postCannot, postChanged, versionDiffers, noTimeslots, noOpenSlot
 */
export async function schedulePost(
  parts: PostParts,
  context: Context,
  target: PostTarget,
  input: SchedulePost,
) {
  const { db } = parts.database;
  const account = await getAccount(db, context, target.accountId);
  const checked = await getPostRow(db, context, target);
  checkVersion(checked, target.ifMatch);
  const boardId = await checkSchedule(parts, account, checked, input);
  return withVersion(target.ifMatch, () =>
    context.commit(async (tx) => {
      const post = await getPostRow(tx, context, target);
      checkVersion(post, target.ifMatch);
      // The checks above are of the post as it was then.
      if (post.board_id !== checked.board_id || missingToSchedule({ ...post, boardId }).length > 0) {
        throw postChanged();
      }
      const now = context.clock.now();
      const timing = timingOf(input, now);
      const sendAt =
        timing.kind === 'at'
          ? timing.at
          : await parts.schedule.claimNextOpenSlot(tx, account, {
              url: post.url,
              now,
              exceptPostId: post.id,
            });
      const step = { move: 'schedule', sendAt, boardId } as const;
      const moved = await movePost(tx, post, step, { actor: context.actor, now });
      return {
        ...(await postAnswer(parts, tx, moved, { now })),
        warnings: accountWarnings(account).map(({ code, message }) => ({ code, message })),
      };
    }),
  );
}

/** Returns the board. Queries Pinterest, which may take a while: not for a transaction. */
async function checkSchedule(
  parts: PostParts,
  account: AccountRow,
  post: PostRow,
  input: SchedulePost,
): Promise<string> {
  const boardId = input.boardId ?? post.board_id;
  const missing = missingToSchedule({ ...post, boardId });
  if (boardId === null || missing.length > 0) {
    throw invalidBody(missing.map((name) => ({ path: name, code: 'required', message: requiredToSchedule })));
  }
  const boardSectionId = boardId === post.board_id ? post.board_section_id : null;
  const places = [{ boardId, boardSectionId, at: '' }];
  const placeProblems = await findPlaceProblems(parts, account, places);
  const problems = problemsOfPlaces({ placeProblems }, places);
  if (problems.length > 0) throw invalidBody(problems);
  const access = accessProblem(account, parts.accessLevel);
  if (access) throw noAccess([access]);
  return boardId;
}
