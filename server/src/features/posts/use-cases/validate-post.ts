// Validates a post: runs every check of creating and publishing, and stores nothing.
import { Refusal } from '../../../platform/errors.ts';
import { type Context, toDetails } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import {
  accessProblem,
  findSpacing,
  type PostWarning,
  problemsOfPlaces,
  refuseTakenId,
  type WarningAbout,
  warningsFor,
} from '../compose/check-post.ts';
import { type CreatePost, createPostObject } from '../compose/create-post.schema.ts';
import { type Facts, findFacts, namesIn, placesOf, timingOf } from '../compose/facts.ts';
import { withHostedMedia } from '../compose/hosted-media.ts';
import { type ComposedMedia, composeMedia } from '../compose/media.ts';
import type { PostParts } from './parts.ts';
import type { Check, ValidatePost } from './validate-post.schema.ts';

type CheckName = Check['name'];

/** A result of a check. */
type Finding = Pick<Check, 'status' | 'code' | 'message'>;

const remediations: Record<CheckName, string> = {
  fields: 'Correct the field that the message names.',
  account: 'Connect the account again: POST /v1/accounts/connect.',
  access: 'Request Standard access on developers.pinterest.com.',
  board: 'Choose a board of GET …/boards, and a section of it.',
  externalId: 'Choose another externalId.',
  media: 'Correct the media, or use another picture or video.',
  url: 'Use the URL of the page itself.',
  time: 'Choose another time, or create timeslots.',
  spacing: 'Choose another time, or send "useNextOpenSlot".',
  duplicate: 'Use another picture, or leave more time between the two Pins.',
  productTags: 'Tag the products on Pinterest after the Pin is published.',
};

const passed: Record<CheckName, string> = {
  fields: 'Every field is valid.',
  account: 'Pinterest accepts the token of the account.',
  access: 'The app may create Pins.',
  board: 'The account has the board.',
  externalId: 'No other post has this externalId.',
  media: 'Pinterest accepts the media.',
  url: 'The destination URL has no known problem.',
  time: 'The post can be published at this time.',
  spacing: 'No post with the same destination is too close in time.',
  duplicate: 'No recent post has the same picture and destination.',
  productTags: 'The post has no product tags.',
};

/** Returns every check with its findings.
 * @throws accountNotFound
 */
export async function validatePost(
  parts: PostParts,
  context: Context,
  accountId: string,
  input: ValidatePost,
) {
  const { db } = parts.database;
  const account = await getAccount(db, context, accountId);
  const body = createPostObject(context.clock);
  const parsed = body.safeParse(input, { reportInput: true });
  const fields = withHostedMedia(validFields(body, input), parts.publicUrl);
  const facts = await findFacts(parts, account, context, namesIn([fields]));
  const media = await attempt(() => findNamedMedia(parts, context, facts, fields));
  const time = await attempt(() => findTime(parts, context, account, fields));
  const access = accessProblem(account, parts.accessLevel);
  const destination = { account, url: fields.url ?? null, at: time.value ?? null };
  const findings: [CheckName, readonly Finding[]][] = [
    ['fields', parsed.success ? [] : toDetails(parsed.error.issues, body).map(failed)],
    ['access', access ? [failed(access)] : []],
    ['board', problemsOfPlaces(facts, placesOf(fields)).map(failed)],
    ['externalId', (await attempt(async () => refuseTakenId(facts, fields.externalId))).findings],
    ['media', media.findings],
    ['time', time.findings],
    ...warningFindings(
      await warningsFor(parts, db, {
        ...destination,
        spacing: await findSpacing(parts, db, destination),
        productTagPinIds: fields.productTagPinIds ?? [],
        media: media.value?.rows.get(media.value.content.mediaId),
        now: context.clock.now(),
      }),
    ),
  ];
  const checks = findings.flatMap(([name, ofCheck]) =>
    (ofCheck.length > 0 ? ofCheck : [ok(name)]).map((finding) => toCheck(name, finding)),
  );
  return { ok: checks.every((check) => check.status !== 'failed'), checks };
}

/** The fields that are valid alone, so that an invalid field does not hide the problems of others. */
function validFields(
  { shape }: ReturnType<typeof createPostObject>,
  input: ValidatePost,
): Partial<CreatePost> {
  const fields = Object.entries(shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse((input as Record<string, unknown>)[name]);
    return parsed.success && parsed.data !== undefined ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(fields) as Partial<CreatePost>;
}

async function findNamedMedia(
  { media }: PostParts,
  context: Context,
  facts: Facts,
  input: Partial<CreatePost>,
): Promise<ComposedMedia | null> {
  const isNamed = [input.mediaUrl, input.mediaId, input.carousel].some((named) => named !== undefined);
  if (!isNamed) return null;
  const find = { known: facts.media, fetchFromUrl: media.lookAtUrl, viewer: context, signal: context.signal };
  return composeMedia(find, input);
}

/** Returns the time at which the post would be published. Claims no slot. */
async function findTime(
  { database, schedule }: PostParts,
  { clock }: Context,
  account: AccountRow,
  input: Partial<CreatePost>,
): Promise<Date | null> {
  const now = clock.now();
  const timing = timingOf(input, now);
  if (timing.kind === 'none') return null;
  if (timing.kind === 'at') return timing.at;
  return schedule.findNextOpenSlot(database.db, account, { url: input.url ?? null, now });
}

const warningChecks: WarningAbout[] = ['account', 'url', 'spacing', 'duplicate', 'productTags'];

function warningFindings(warnings: readonly PostWarning[]): [CheckName, Finding[]][] {
  return warningChecks.map((name) => [
    name,
    warnings
      .filter((warning) => warning.about === name)
      .map(({ code, message }) => ({ status: 'warning', code, message })),
  ]);
}

function ok(name: CheckName): Finding {
  return { status: 'passed', code: null, message: passed[name] };
}

function failed({ path, code, message }: { path: string; code: string; message: string }): Finding {
  return { status: 'failed', code, message: path === '' ? message : `${path}: ${message}` };
}

function toCheck(name: CheckName, finding: Finding): Check {
  return { name, ...finding, remediation: finding.status === 'passed' ? null : remediations[name] };
}

/** The result of a part of creating, or its refusal as findings. */
async function attempt<Value>(work: () => Promise<Value>): Promise<{ value?: Value; findings: Finding[] }> {
  try {
    return { value: await work(), findings: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { declaration, details } = error;
    if (details.length > 0) return { findings: details.map(failed) };
    const { reason, message } = declaration;
    return { findings: [{ status: 'failed', code: reason, message }] };
  }
}
