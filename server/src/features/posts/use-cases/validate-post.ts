// The use case of validating: every check that creating and publishing would make, with nothing stored.
import { Refusal } from '../../../platform/errors.ts';
import { toDetails } from '../../../platform/http/validation.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import { accessProblem, placeProblems, type WarningAbout, warningsFor } from '../compose/check-post.ts';
import { type CreatePost, createPostBody } from '../compose/create-post.schema.ts';
import { type FoundMedia, findMedia } from '../compose/media.ts';
import { checkExternalId, placesOf, timingOf } from './create-post.ts';
import type { PostsParts } from './posts.service.ts';
import type { Check, ValidatePost } from './validate-post.schema.ts';

type CheckName = Check['name'];

/** What was found of one check: nothing is as it should be. */
type Finding = Pick<Check, 'status' | 'code' | 'message'>;

const remediations: Record<CheckName, string> = {
  fields: 'Change the field that is named.',
  account: 'Connect the account again: POST /v1/accounts/connect.',
  access: 'Ask for Standard access on developers.pinterest.com.',
  board: 'Choose a board of GET …/boards, and a section of it.',
  externalId: 'Choose another externalId.',
  media: 'Mend the media, or name another.',
  url: 'Use the address of the page itself.',
  time: 'Choose another time, or make timeslots.',
  spacing: 'Choose another time, or send "useNextOpenSlot".',
  duplicate: 'Use another picture, or leave more time between the two.',
  productTags: 'Tag the products on Pinterest once the Pin is there.',
};

const passed: Record<CheckName, string> = {
  fields: 'Every field is as it should be.',
  account: 'Pinterest accepts the token of the account.',
  access: 'The app may create Pins.',
  board: 'The account has the board.',
  externalId: 'No other post has it.',
  media: 'Pinterest takes the media.',
  url: 'The destination looks fine.',
  time: 'The post can go out then.',
  spacing: 'No post with the same destination is too near.',
  duplicate: 'No recent post shows the same picture for the same destination.',
  productTags: 'None are given.',
};

export function createValidation(parts: PostsParts) {
  const { database, clock, accounts, media, schedule } = parts;
  const body = createPostBody(clock);
  const { shape } = body;

  /** The fields that are right by themselves, so that one that is wrong does not hide what is wrong with others. */
  function usable(input: ValidatePost): Partial<CreatePost> {
    const fields = Object.entries(shape).flatMap(([name, schema]) => {
      const parsed = schema.safeParse((input as Record<string, unknown>)[name]);
      return parsed.success && parsed.data !== undefined ? [[name, parsed.data]] : [];
    });
    return Object.fromEntries(fields) as Partial<CreatePost>;
  }

  async function lookAtMedia(viewer: MediaViewer, input: Partial<CreatePost>, signal: AbortSignal) {
    const isNamed = [input.mediaUrl, input.mediaId, input.carousel].some((named) => named !== undefined);
    if (!isNamed) return null;
    return findMedia(
      {
        connection: database.db,
        media: { find: media.find, fetchFromUrl: media.lookAtUrl },
        viewer,
        signal,
      },
      input,
    );
  }

  /** When it would go out; nothing is claimed. */
  async function findTime(account: AccountRow, input: Partial<CreatePost>): Promise<Date | null> {
    const now = clock.now();
    const timing = timingOf(input, now);
    if (timing.kind === 'draft') return null;
    if (timing.kind === 'at') return timing.at;
    return schedule.findNextOpenSlot(database.db, account, { url: input.url ?? null, now });
  }

  return {
    async validate(caller: Caller, accountId: string, input: ValidatePost, signal: AbortSignal) {
      const account = await accounts.get(database.db, caller, accountId);
      const parsed = body.safeParse(input, { reportInput: true });
      const fields = usable(input);
      const checks: Check[] = [];
      const add = (name: CheckName, findings: readonly Finding[]) => {
        checks.push(
          ...(findings.length > 0 ? findings : [ok(name)]).map((finding) => toCheck(name, finding)),
        );
      };
      add('fields', parsed.success ? [] : toDetails(parsed.error.issues, body).map(failed));
      const access = accessProblem(account, parts.accessLevel);
      add('access', access ? [failed(access)] : []);
      add('board', (await placeProblems(parts, account, placesOf(fields))).map(failed));
      add('externalId', await refusals(checkExternalId(database.db, account, fields.externalId)));
      let found: FoundMedia | null = null;
      add(
        'media',
        await refusals(
          lookAtMedia(caller, fields, signal).then((media) => {
            found = media;
          }),
        ),
      );
      let at: Date | null = null;
      add(
        'time',
        await refusals(
          findTime(account, fields).then((time) => {
            at = time;
          }),
        ),
      );
      const rows = (found as FoundMedia | null)?.rows;
      const own = (found as FoundMedia | null)?.content.mediaId;
      const warnings = await warningsFor(parts, database.db, {
        account,
        url: fields.url ?? null,
        productTagPinIds: fields.productTagPinIds ?? [],
        at,
        media: own === undefined ? undefined : rows?.get(own),
        now: clock.now(),
      });
      const about: WarningAbout[] = ['account', 'url', 'spacing', 'duplicate', 'productTags'];
      for (const name of about) {
        add(
          name,
          warnings
            .filter((warning) => warning.about === name)
            .map(({ code, message }) => ({ status: 'warning', code, message })),
        );
      }
      return { ok: checks.every((check) => check.status !== 'failed'), checks };
    },
  };
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

/** What a part of creating refuses, as findings. */
async function refusals(work: Promise<unknown>): Promise<Finding[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { declaration, details } = error;
    if (details.length > 0) return details.map(failed);
    return [{ status: 'failed', code: declaration.code.toLowerCase(), message: declaration.message }];
  }
}
