// Edits many posts: all or none. The answer has the previous values of the changed fields, so that the edit can be undone.
import { isId } from '../../../domain/ids.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { type Detail, Refusal } from '../../../platform/errors.ts';
import { single } from '../../../platform/single.ts';
import { asOneRefusal, type Context } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import type { EditPosts, PreviousFields } from '../compose/edit-post.schema.ts';
import { previousOf } from '../compose/edited-content.ts';
import { findFacts, type Names } from '../compose/facts.ts';
import { withHostedMedia } from '../compose/hosted-media.ts';
import {
  applyEdit,
  lockEditedMedia,
  namesInEdit,
  type PreparedEdit,
  prepareEdit,
} from '../compose/prepared-edit.ts';
import { postViews } from '../read/views.ts';
import { externalIdTaken, postNotFound } from '../record/posts.errors.ts';
import { findPosts, type PostRow } from '../record/posts.queries.ts';
import type { PostParts } from './parts.ts';

/** The number of entries that fetch their media at the same time. */
const fetchesAtOnce = 4;

/** @throws everything that `editPost` throws, with the details of all entries */
export async function editPosts(parts: PostParts, context: Context, accountId: string, body: EditPosts) {
  const input = { ...body, posts: body.posts.map((edit) => withHostedMedia(edit, parts.publicUrl)) };
  const { db, transaction } = parts.database;
  const account = await getAccount(db, context, accountId);
  const postIds = input.posts.map((edit) => edit.id).filter((id) => isId('post', id));
  const checked = await findPosts(db, context, { accountId, postIds });
  const unknown = input.posts.flatMap((edit, index): Detail[] =>
    checked.has(edit.id) ? [] : [unknownPost(`posts.${index}.`)],
  );
  if (unknown.length > 0) throw postNotFound(unknown);
  const edits = await prepareAll(parts, context, { account, checked, input });
  const change = async (tx: Tx) => {
    await getAccount(tx, context, accountId);
    await lockEditedMedia(parts, tx, account, { viewer: context, edits });
    // Locked, so that no post changes while the entries before it are written.
    const rows = await findPosts(tx, context, { accountId, postIds, lock: true });
    const previous: PreviousFields[] = [];
    const stamp = { actor: context.actor, now: context.clock.now() };
    const posts = await eachOrRefuse(edits, async (edit) => {
      const post = rows.get(edit.checked.id);
      if (!post) throw postNotFound([unknownPost(edit.prefix)]);
      previous.push(previousOf(post, edit.edit));
      return applyEdit(parts, tx, post, edit, stamp);
    });
    return { data: { posts: await postViews(parts, tx, posts, stamp), previous, dryRun: input.dryRun } };
  };
  return input.dryRun ? rolledBack(transaction, change) : context.commit(change);
}

interface Prepare {
  account: AccountRow;
  checked: ReadonlyMap<string, PostRow>;
  input: EditPosts;
}

async function prepareAll(
  parts: PostParts,
  context: Context,
  { account, checked, input }: Prepare,
): Promise<PreparedEdit[]> {
  const facts = await findFacts(parts, account, context, namesInEdits(checked, input));
  const prepared: PreparedEdit[] = [];
  const errors: unknown[] = [];
  for (let from = 0; from < input.posts.length; from += fetchesAtOnce) {
    const page = input.posts.slice(from, from + fetchesAtOnce).map(async ({ id, ...edit }, index) => {
      const post = checked.get(id);
      if (!post) throw postNotFound();
      const prefix = `posts.${from + index}.`;
      return prepareEdit(parts, facts, { viewer: context, post, edit, prefix, signal: context.signal });
    });
    for (const result of await Promise.allSettled(page)) {
      if (result.status === 'fulfilled') prepared.push(result.value);
      else errors.push(result.reason);
    }
  }
  if (errors.length > 0) throw asOneRefusal(errors);
  return prepared;
}

/** All edits mostly name the same few boards and media, which are read once. */
function namesInEdits(checked: ReadonlyMap<string, PostRow>, input: EditPosts): Names {
  const names = input.posts.flatMap(({ id, ...edit }) => {
    const post = checked.get(id);
    return post ? [namesInEdit(post, edit)] : [];
  });
  return {
    places: names.flatMap(({ places }) => places),
    mediaIds: names.flatMap(({ mediaIds }) => mediaIds),
    externalIds: names.flatMap(({ externalIds }) => externalIds),
  };
}

/** Works on each in order. A refusal does not hide those of later entries, unless the database ended the transaction. */
async function eachOrRefuse<Entry, Outcome>(
  entries: readonly Entry[],
  work: (entry: Entry) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const errors: Refusal[] = [];
  for (const entry of entries) {
    try {
      outcomes.push(await work(entry));
    } catch (error) {
      // After this refusal PostgreSQL accepts no more statements in the transaction.
      if (!(error instanceof Refusal) || error.declaration === externalIdTaken.declaration) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw asOneRefusal(errors);
  return outcomes;
}

function unknownPost(prefix: string): Detail {
  return { path: `${prefix}id`, code: 'post_not_found', message: 'This account has no post with this id.' };
}

/** Returns the answer of a change whose transaction is then rolled back. Only an exception rolls it back. */
async function rolledBack<Answer>(
  transaction: PostParts['database']['transaction'],
  change: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  const rollBack = new Error('a dry run is rolled back');
  const answers: Answer[] = [];
  try {
    await transaction(async (tx) => {
      answers.push(await change(tx));
      throw rollBack;
    });
  } catch (error) {
    if (error !== rollBack) throw error;
  }
  return single(answers);
}
