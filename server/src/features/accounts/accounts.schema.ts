import { z } from 'zod';
import { environments } from '../../pinterest/index.ts';
import { text, timezone, wholeNumber } from '../../platform/http/contract/fields.ts';
import type { AccountRow } from './accounts.queries.ts';
import { environmentOf } from './environment.ts';

export const AccountPath = z.object({
  accountId: z.string().meta({ description: 'Pinterest account id, as GET /v1/accounts lists it.' }),
});

const unknownPolicies = ['retry', 'ask'] as const;

const publishingStates = ['active', 'paused'] as const;
const pausedPolicies = ['hold', 'fail', 'shift'] as const;
const missedPolicies = ['publish', 'hold'] as const;

const dailyPinLimitAbout =
  'How many Pins in any 24 hours, counted back from now and not by the calendar; null for no limit of ours. Posts beyond it wait, and keep their sendAt. One whose answer was lost counts too.';
const minIntervalAbout =
  'How many seconds to leave between two Pins; 0 for none. Posts that are due earlier wait, and keep their sendAt.';
const unknownPolicyAbout =
  'What to do with a post whose answer was lost when the last look finds no Pin. `retry`: publish it again. `ask`: wait until a person says what became of it (POST …/posts/{postId}/resolve).';

const pausedPolicyAbout =
  'What happens to a post that falls due while publishing is paused. `hold`: it waits, and goes out after publishing was resumed. `fail`: it fails with `publishing_paused`. `shift`: it moves on to the next timeslot, and those behind it as far as there is no room; the order stays, and nothing moves to an earlier time. Without timeslots it waits.';
const missedPolicyAbout =
  'What happens to a post that is more than 10 minutes late because Pintail was not running, the account was unauthorized, or publishing was paused. `publish`: it goes out all the same, in order, with at least a minute between such posts. `hold`: it stays queued until a person schedules it again.';

export const AccountView = z
  .object({
    id: z.string().meta({ description: 'Account id.' }),
    userId: z.string().meta({ description: 'The organization to which the account belongs.' }),
    displayName: z.string().meta({ description: 'Name shown on Pinterest.' }),
    username: z.string().meta({ description: 'User name on Pinterest. It may change; the id does not.' }),
    avatarUrl: z.string().nullable().meta({ description: 'Profile picture.' }),
    tokenAuthorized: z.boolean().meta({
      description: 'Whether Pinterest accepts the stored token. While false, posts stay queued.',
    }),
    isDomainVerified: z.boolean().meta({ description: 'Whether the account has a claimed website.' }),
    createdAt: z.string().meta({ description: 'When it was connected (RFC 3339).' }),
    environment: z.enum(environments).meta({
      description: 'Which Pinterest the account lives on.',
    }),
    tokenStatus: z.enum(['ok', 'expiring', 'unauthorized']).meta({
      description: '`expiring`: the token ends within 7 days. `unauthorized`: connect the account again.',
    }),
    timezone: z.string().meta({ description: 'IANA time zone of the account.' }),
    dailyPinLimit: z.int().nullable().meta({ description: dailyPinLimitAbout }),
    minIntervalSeconds: z.int().meta({ description: minIntervalAbout }),
    publishing: z.enum(publishingStates).meta({
      description: 'Whether queued posts go out: POST …/pause and …/resume.',
    }),
    pausedPolicy: z.enum(pausedPolicies).meta({ description: pausedPolicyAbout }),
    missedPolicy: z.enum(missedPolicies).meta({ description: missedPolicyAbout }),
    unknownPolicy: z.enum(unknownPolicies).meta({ description: unknownPolicyAbout }),
  })
  .meta({ id: 'Account' });

export const UpdateAccountBody = z
  .strictObject({
    timezone: timezone.optional().meta({ description: 'IANA time zone of the account.' }),
    dailyPinLimit: wholeNumber(1, 1000).nullable().optional().meta({ description: dailyPinLimitAbout }),
    minIntervalSeconds: wholeNumber(0, 86_400).optional().meta({ description: minIntervalAbout }),
    pausedPolicy: z.enum(pausedPolicies).optional().meta({ description: pausedPolicyAbout }),
    missedPolicy: z.enum(missedPolicies).optional().meta({ description: missedPolicyAbout }),
    unknownPolicy: z.enum(unknownPolicies).optional().meta({ description: unknownPolicyAbout }),
  })
  .refine((body) => Object.keys(body).length > 0, {
    params: { code: 'required' },
    error: 'Name at least one field to change.',
  })
  .meta({ id: 'UpdateAccount' });
export type UpdateAccount = z.output<typeof UpdateAccountBody>;

export const PauseAccountBody = z
  .strictObject({
    onDue: z.enum(pausedPolicies).optional().meta({
      description:
        "What happens to a post that falls due meanwhile; becomes the account's pausedPolicy. Without it that one applies, which is `hold` unless it was changed.",
    }),
  })
  .meta({ id: 'PauseAccount' })
  // An empty body names nothing, so it is as good as {}.
  .nullish();
export type PauseAccount = z.output<typeof PauseAccountBody>;

export const AccountAnswer = z.object({ account: AccountView });

const environment = z.enum(environments).optional().meta({
  description: "Which Pinterest; this installation's (PINTEREST_ENVIRONMENT) by default.",
});
const token = text(2000).refine((value) => /^[\x21-\x7e]+$/.test(value), {
  params: { code: 'invalid_token' },
  error: 'Is no token: letters, digits and signs without blanks.',
});

export const ConnectByTokensBody = z
  .strictObject({
    accessToken: token.meta({ description: 'Starts with `pina_`.' }),
    refreshToken: token.optional().meta({
      description:
        'Starts with `pinr_`. Without it the account must be connected again when the access token ends.',
    }),
    environment,
  })
  .meta({ id: 'ConnectByTokens' });
export type ConnectByTokens = z.output<typeof ConnectByTokensBody>;

export const ConnectAccountBody = z
  .strictObject({
    accountId: text().optional().meta({ description: 'An account to re-authorize.' }),
    environment,
  })
  .meta({ id: 'ConnectAccount' })
  // Connecting a new account needs nothing said, so no body is as good as {}.
  .nullish();
export type ConnectAccount = z.output<typeof ConnectAccountBody>;

export const ConnectAnswer = z.object({
  url: z.string().meta({ description: "Pinterest's consent page, for the account's owner." }),
  expiresAt: z.int().meta({ description: 'Until when the page leads back to us (Unix seconds).' }),
});

export const AccountList = z.object({ accounts: z.array(AccountView) });

const expiringMs = 7 * 24 * 3600 * 1000;

export function toAccountView(row: AccountRow, now: Date): z.input<typeof AccountView> {
  const expiresAt = row.refresh_token_expires_at ?? row.access_token_expires_at;
  const isExpiring = expiresAt !== null && expiresAt.getTime() - now.getTime() < expiringMs;
  return {
    id: row.id,
    userId: row.organization_id,
    displayName: row.display_name,
    username: row.username,
    avatarUrl: row.avatar_url,
    tokenAuthorized: row.token_authorized,
    isDomainVerified: row.is_domain_verified,
    createdAt: row.created_at.toISOString(),
    environment: environmentOf(row),
    tokenStatus: row.token_authorized ? (isExpiring ? 'expiring' : 'ok') : 'unauthorized',
    timezone: row.timezone,
    dailyPinLimit: row.daily_pin_limit,
    minIntervalSeconds: row.min_interval_seconds,
    // The columns' constraints allow nothing else.
    publishing: row.publishing,
    pausedPolicy: row.paused_policy,
    missedPolicy: row.missed_policy,
    unknownPolicy: row.unknown_policy,
  };
}
