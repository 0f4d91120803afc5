// Connects an account with tokens, whether they come from a request, the consent page or the operator.

import { newId } from '../../../domain/ids.ts';
import type { Environment, UserAccount } from '../../../pinterest/index.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { type Actor, callerSeesAccount } from '../../../platform/use-case/index.ts';
import { wakeLane } from '../../lanes/index.ts';
import { appendAccountEvent } from '../account-events.ts';
import { keyIsRestricted, otherUser, tokensRejected } from '../accounts.errors.ts';
import { type AccountRow, findAccountOfUser, insertAccount, updateAccountRow } from '../accounts.queries.ts';
import type { AccountParts } from '../parts.ts';
import { type NewTokens, sealTokens } from '../tokens/tokens.ts';

export interface Grant extends NewTokens {
  /** The actor that connects the account. */
  actor: Actor;
  organizationId: string;
  environment: Environment;
  /** The account that the tokens must belong to; null for any account. */
  accountId: string | null;
  /** The accounts that the caller's key is restricted to. */
  accountIds?: readonly string[] | null;
  /** The `state` of the connect link, for the event. */
  callerState?: string | null;
}

/**
 * For callers without a context: the operator's commands and the first run.
 * @throws tokensRejected, otherUser, keyIsRestricted
 */
export async function connectAccount(parts: AccountParts, grant: Grant): Promise<AccountRow> {
  const user = await fetchUser(parts, grant);
  return parts.database.transaction((tx) => storeGrant(parts, tx, { grant, user, now: parts.clock.now() }));
}

/**
 * The Pinterest user that the tokens belong to. Queries Pinterest, which may take a while: not for a transaction.
 * @throws tokensRejected
 */
export async function fetchUser(
  { pinterest }: Pick<AccountParts, 'pinterest'>,
  grant: Grant,
): Promise<UserAccount> {
  const answer = await pinterest.of(grant.environment).getUserAccount(grant.accessToken);
  if (answer.kind === 'ok') return answer.value;
  const { reason, message, remediation } = answer.failure;
  throw tokensRejected([{ path: 'accessToken', code: reason, message: `${message} ${remediation}` }]);
}

/**
 * Stores the tokens with the account of their user: a new account, a connected one, or one that was disconnected and
 * returns with its id, drafts and history.
 * @throws otherUser, keyIsRestricted
 */
export async function storeGrant(
  { encryption }: Pick<AccountParts, 'encryption'>,
  tx: Tx,
  { grant, user, now }: { grant: Grant; user: UserAccount; now: Date },
): Promise<AccountRow> {
  const key = {
    organization_id: grant.organizationId,
    environment: grant.environment,
    pinterest_user_id: user.id,
  };
  const existing = await findAccountOfUser(tx, key);
  checkAccountOfGrant(grant, user, existing);
  const id = existing?.id ?? newId('acc');
  if (!callerSeesAccount({ accountIds: grant.accountIds ?? null }, id)) throw keyIsRestricted();
  const current = {
    username: user.username,
    display_name: user.businessName || user.username,
    avatar_url: user.profileImage,
    is_domain_verified: Boolean(user.websiteUrl),
    disconnected_at: null,
    ...sealTokens(encryption, id, grant, now),
    // Without a refresh token there is nothing to refresh with.
    ...(grant.refreshToken === null && { refresh_token: null, refresh_due_at: null }),
  };
  const account = existing
    ? await updateAccountRow(tx, id, current)
    : await insertAccount(tx, { id, ...key, ...current, created_at: now });
  // The account's queue may have waited for the tokens.
  if (existing) await wakeLane(tx, id, now);
  await appendAccountEvent(tx, account, {
    actor: grant.actor,
    now,
    type: 'account.connected',
    data: {
      username: user.username,
      environment: grant.environment,
      ...(grant.callerState && { state: grant.callerState }),
    },
  });
  return account;
}

function checkAccountOfGrant(grant: Grant, user: UserAccount, existing: AccountRow | undefined): void {
  if (grant.accountId === null || existing?.id === grant.accountId) return;
  throw otherUser([
    {
      path: 'accountId',
      code: 'other_pinterest_user',
      message: `Pinterest returned the user ${user.username}.`,
    },
  ]);
}
