// Connects an account with tokens that were created in Pinterest's developer console.
import type { Context } from '../../../platform/use-case/index.ts';
import { type ConnectByTokens, toAccountView } from '../accounts.schema.ts';
import { checkEnvironment } from '../environment.ts';
import type { AccountParts } from '../parts.ts';
import { fetchUser, type Grant, storeGrant } from './connect-account.ts';

/** @throws tokensRejected, keyIsRestricted; invalidBody for an environment that is not allowed */
export async function connectAccountByTokens(parts: AccountParts, context: Context, input: ConnectByTokens) {
  const grant: Grant = {
    actor: context.actor,
    organizationId: context.organizationId,
    environment: input.environment ?? parts.environment,
    accountId: null,
    accountIds: context.accountIds,
    accessToken: input.accessToken,
    refreshToken: input.refreshToken ?? null,
    accessTokenExpiresAt: null,
    refreshTokenExpiresAt: null,
  };
  checkEnvironment(parts, grant.environment);
  const user = await fetchUser(parts, grant);
  return context.commit(async (tx) => {
    const now = context.clock.now();
    const account = await storeGrant(parts, tx, { grant, user, now });
    return { data: { account: toAccountView(account, now) } };
  });
}
