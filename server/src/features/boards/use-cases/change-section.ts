// Creates and deletes sections of a board: on Pinterest first, and then in our tables.
import type { Context } from '../../../platform/use-case/index.ts';
import { sectionInUse, sectionNotFound } from '../boards.errors.ts';
import { changeSections, countQueuedPosts } from '../boards.queries.ts';
import { type CreateSection, toSectionView } from '../boards.schema.ts';
import { checkSection } from '../check-board.ts';
import type { BoardParts } from '../parts.ts';
import { changeOnPinterest } from '../pinterest-boards.ts';
import { counted, strandedPostsWarnings } from './queued-posts.ts';
import { type BoardTarget, getBoard } from './read-boards.ts';

/** @throws accountNotFound, boardNotFound, and the refusals of Pinterest */
export async function createSection(
  parts: BoardParts,
  context: Context,
  target: BoardTarget,
  { name }: CreateSection,
) {
  const { account, board } = await getBoard(parts, context, target);
  const created = await changeOnPinterest(
    parts,
    account,
    (client, token) => client.createBoardSection(token, board.id, name),
    { sectionsOf: board.id },
  );
  const section = toSectionView(created);
  return context.commit(async (tx) => {
    const place = { accountId: account.id, boardId: board.id };
    await changeSections(tx, place, (sections) => [...sections, section]);
    return { data: { section } };
  });
}

/**
 * Queued posts for the section would fail, so it then requires a confirmation.
 * @throws accountNotFound, boardNotFound, sectionNotFound, sectionInUse, and the refusals of Pinterest
 */
export async function deleteSection(
  parts: BoardParts,
  context: Context,
  { sectionId, ...target }: BoardTarget & { sectionId: string },
  { confirm }: { confirm: boolean },
) {
  const { account, board } = await getBoard(parts, context, target);
  const place = { boardId: board.id, sectionId };
  if ((await checkSection(parts, account, place)) !== null) throw sectionNotFound();
  const queuedPosts = await countQueuedPosts(parts.database.db, account.id, place);
  if (queuedPosts > 0 && !confirm) throw inUse(queuedPosts);
  await changeOnPinterest(
    parts,
    account,
    (client, token) => client.deleteBoardSection(token, board.id, sectionId),
    { sectionsOf: board.id },
  );
  return context.commit(async (tx) => {
    await changeSections(tx, { accountId: account.id, boardId: board.id }, (sections) =>
      sections.filter(({ id }) => id !== sectionId),
    );
    const data = { deleted: true as const, id: sectionId };
    return { data, warnings: strandedPostsWarnings(queuedPosts, 'section') };
  });
}

function inUse(queuedPosts: number) {
  const message = `${counted(queuedPosts, 'queued post')} would fail. Edit or unschedule them, or send \`?confirm=true\`.`;
  return sectionInUse([{ path: 'confirm', code: 'section_in_use', message }]);
}
