// Accounts as they cross the wire.
import { z } from 'zod';
import { environments } from '../../pinterest/index.ts';
import { text, timezone, unixSeconds, webUrl, wholeNumber } from '../../platform/http/contract/index.ts';
import type { AccountRow } from './accounts.queries.ts';
import { environmentOf } from './environment.ts';

export const AccountPath = z.object({
  accountId: z
    .string()
    .meta({ param: { id: 'AccountId' }, description: 'Account id, from GET /v1/accounts.' }),
});

const unknownPolicies = ['retry', 'ask'] as const;

const publishingStates = ['active', 'paused'] as const;
const pausedPolicies = ['hold', 'fail', 'shift'] as const;
const missedPolicies = ['publish', 'hold'] as const;

const dailyPinLimitAbout =
  'Maximum number of Pins in any 24 hours (a sliding window, not a calendar day); null for no limit by Pintail. Posts beyond it wait, and their sendAt is unchanged. A post whose response was lost counts too.';
const minIntervalAbout =
  'Minimum number of seconds between two Pins; 0 for none. Posts that are due earlier wait, and their sendAt is unchanged.';
const unknownPolicyAbout =
  'Applies to a post whose response was lost, when the last search finds no Pin. `retry`: publish the post again. `ask`: the post is held until a person decides (POST …/posts/{postId}/resolve).';

const pausedPolicyAbout =
  'Applies to a post that becomes due while publishing is paused. `hold`: it waits, and is published after publishing is resumed. `fail`: it fails with `publishing_paused`. `shift`: it moves to the next timeslot, and later posts move where there is no room; the order is unchanged, and no post moves to an earlier time. Without timeslots it waits.';
const missedPolicyAbout =
  'Applies to a post that is more than 10 minutes late because Pintail was not running, the account was unauthorized, or publishing was paused. `publish`: it is published late, in order, with at least a minute between such posts. `hold`: it is held until a person schedules, unschedules or deletes it (GET …/posts?status=held).';

export const AccountView = z
  .object({
    id: z.string().meta({ description: 'Account id.' }),
    userId: z.string().meta({ description: 'The id of the user on Pinterest.' }),
    organizationId: z.string().meta({ description: 'The id of the organization that owns the account.' }),
    displayName: z.string().meta({ description: 'Display name on Pinterest.' }),
    username: z.string().meta({ description: 'Username on Pinterest. It may change; the id does not.' }),
    avatarUrl: z.string().nullable().meta({ description: 'URL of the profile picture.' }),
    tokenAuthorized: z.boolean().meta({
      description: 'Whether Pinterest accepts the stored token. While false, posts stay queued.',
    }),
    isDomainVerified: z.boolean().meta({ description: 'Whether the account has a claimed website.' }),
    createdAt: z
      .string()
      .meta({ format: 'date-time', description: 'When the account was connected (RFC 3339).' }),
    environment: z.enum(environments).meta({
      description: 'The Pinterest environment of the account.',
    }),
    tokenStatus: z.enum(['ok', 'expiring', 'unauthorized']).meta({
      description: '`expiring`: the token expires within 7 days. `unauthorized`: connect the account again.',
    }),
    timezone: z.string().meta({ description: 'IANA time zone of the account.' }),
    dailyPinLimit: z.int().nullable().meta({ description: dailyPinLimitAbout }),
    minIntervalSeconds: z.int().meta({ description: minIntervalAbout }),
    publishing: z.enum(publishingStates).meta({
      description: 'Whether queued posts are published. Changed by POST …/pause and …/resume.',
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
        "What happens to a post that becomes due during the pause. It becomes the account's pausedPolicy. Default: the current pausedPolicy, which is `hold` unless it was changed.",
    }),
  })
  .meta({ id: 'PauseAccount' })
  // No body is the same as {}.
  .nullish();
export type PauseAccount = z.output<typeof PauseAccountBody>;

export const AccountAnswer = z.object({ account: AccountView }).meta({ id: 'AccountResult' });

const environmentField = z.enum(environments).optional().meta({
  description: "The Pinterest environment. Default: the installation's (PINTEREST_ENVIRONMENT).",
});
const tokenField = text(2000).refine((value) => /^[\x21-\x7e]+$/.test(value), {
  params: { code: 'invalid_token' },
  error: 'Invalid token. A token has letters, digits and punctuation, and no spaces.',
});

export const ConnectByTokensBody = z
  .strictObject({
    accessToken: tokenField.meta({ description: 'Starts with `pina_`.' }),
    refreshToken: tokenField.optional().meta({
      description:
        'Starts with `pinr_`. Without it, the account must be connected again when the access token expires.',
    }),
    environment: environmentField,
  })
  .meta({ id: 'ConnectByTokens' });
export type ConnectByTokens = z.output<typeof ConnectByTokensBody>;

export const ConnectAccountBody = z
  .strictObject({
    accountId: text()
      .optional()
      .meta({ description: 'The account to re-authorize. Default: any account, also a new one.' }),
    environment: environmentField,
    returnUrl: webUrl(2048).optional().meta({
      description:
        'The page of your app to which the owner returns: https, or http of localhost. On success the browser is redirected to it with the parameters `accountId` and `state`; on failure a page links to it with `error` (the `reason` of the refusal) and `state`. CONNECT_RETURN_ORIGINS can limit its origin.',
      example: 'https://app.example.com/pinterest/connected',
    }),
    state: text(500).optional().meta({
      description:
        'Opaque, at most 500 characters. It is returned with `returnUrl`, and is in the data of the event `account.connected`.',
    }),
    expiresIn: wholeNumber(60, 604_800).optional().meta({
      description: 'The lifetime of the link in seconds: 60 to 604800 (7 days). Default: 600.',
    }),
  })
  .meta({ id: 'ConnectAccount' })
  // No body is the same as {}.
  .nullish();
export type ConnectAccount = z.output<typeof ConnectAccountBody>;

export const ConnectAnswer = z
  .object({
    url: z.string().meta({
      description:
        "The link for the owner of the account: a page that names the organization and leads to Pinterest's consent page. It works once.",
    }),
    expiresAt: unixSeconds.meta({ description: 'When the link expires (Unix seconds).' }),
  })
  .meta({ id: 'ConnectLink' });

export const AccountList = z.object({ accounts: z.array(AccountView) }).meta({ id: 'AccountPage' });

const tokenExpiringMs = 7 * 24 * 3600 * 1000;

/** An account as responses show it. */
export function toAccountView(row: AccountRow, now: Date): z.input<typeof AccountView> {
  const expiresAt = row.refresh_token_expires_at ?? row.access_token_expires_at;
  const isExpiring = expiresAt !== null && expiresAt.getTime() - now.getTime() < tokenExpiringMs;
  return {
    id: row.id,
    userId: row.pinterest_user_id,
    organizationId: row.organization_id,
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
    publishing: row.publishing,
    pausedPolicy: row.paused_policy,
    missedPolicy: row.missed_policy,
    unknownPolicy: row.unknown_policy,
  };
}
