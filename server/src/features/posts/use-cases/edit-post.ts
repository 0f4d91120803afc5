// Edits one post. Absent fields are unchanged, null clears a field.
import type { Context } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { findSpacing, warningsFor } from '../compose/check-post.ts';
import type { EditPost } from '../compose/edit-post.schema.ts';
import { findFacts } from '../compose/facts.ts';
import { withHostedMedia } from '../compose/hosted-media.ts';
import { applyEdit, lockEditedMedia, namesInEdit, prepareEdit } from '../compose/prepared-edit.ts';
import { getPostRow } from '../read/get-post.ts';
import { checkVersion, postAnswer, withVersion } from '../read/views.ts';
import type { PostParts, PostTarget } from './parts.ts';

/**
 * @throws accountNotFound, postNotFound, postCannot, postChanged, versionDiffers, invalidBody, mediaRefused, mediaGone,
 *   externalIdTaken
 */
export async function editPost(parts: PostParts, context: Context, target: PostTarget, input: EditPost) {
  const edit = withHostedMedia(input, parts.publicUrl);
  const { db } = parts.database;
  const { signal, clock, actor } = context;
  const account = await getAccount(db, context, target.accountId);
  const checked = await getPostRow(db, context, target);
  checkVersion(checked, target.ifMatch);
  const facts = await findFacts(parts, account, context, namesInEdit(checked, edit));
  const prepare = { viewer: context, post: checked, edit, prefix: '', signal };
  const prepared = await prepareEdit(parts, facts, prepare);
  // Before the transaction: the search for similar pictures is another connection's work.
  const destination = {
    account,
    url: edit.url === undefined ? checked.url : edit.url,
    at: checked.send_at,
    exceptPostId: checked.id,
  };
  const warnings = await warningsFor(parts, db, {
    ...destination,
    spacing: await findSpacing(parts, db, destination),
    productTagPinIds: edit.productTagPinIds ?? checked.product_tag_pin_ids,
    media: prepared.media?.rows.get(prepared.media.content.mediaId),
    now: clock.now(),
  });
  return withVersion(target.ifMatch, () =>
    context.commit(async (tx) => {
      const post = await getPostRow(tx, context, target);
      checkVersion(post, target.ifMatch);
      await lockEditedMedia(parts, tx, account, { viewer: context, edits: [prepared] });
      const now = clock.now();
      const edited = await applyEdit(parts, tx, post, prepared, { actor, now });
      const answer = await postAnswer(parts, tx, edited, { now });
      return { ...answer, warnings: warnings.map(({ code, message }) => ({ code, message })) };
    }),
  );
}
