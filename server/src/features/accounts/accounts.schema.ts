import { z } from 'zod';
import type { AccountRow } from './accounts.queries.ts';

export const AccountPath = z.object({
  accountId: z.string().meta({ description: 'Pinterest account id, as GET /v1/accounts lists it.' }),
});

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
    environment: z.enum(['production', 'sandbox', 'simulator']).meta({
      description: 'Which Pinterest the account lives on.',
    }),
    tokenStatus: z.enum(['ok', 'expiring', 'unauthorized']).meta({
      description: '`expiring`: the token ends within 7 days. `unauthorized`: connect the account again.',
    }),
    timezone: z.string().meta({ description: 'IANA time zone of the account.' }),
  })
  .meta({ id: 'Account' });

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
    environment: row.environment as 'production' | 'sandbox' | 'simulator',
    tokenStatus: row.token_authorized ? (isExpiring ? 'expiring' : 'ok') : 'unauthorized',
    timezone: row.timezone,
  };
}
