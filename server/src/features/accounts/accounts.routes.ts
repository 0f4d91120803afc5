// The operations of accounts. Disconnecting is an operation of posts, whose queue it unschedules.
import { onOnePage, route } from '../../platform/http/contract/index.ts';
import {
  accountNotFound,
  keyIsRestricted,
  noPinterestApp,
  tokensRejected,
  tooManyConnectLinks,
} from './accounts.errors.ts';
import {
  AccountAnswer,
  AccountList,
  AccountPath,
  ConnectAccountBody,
  ConnectAnswer,
  ConnectByTokensBody,
  PauseAccountBody,
  UpdateAccountBody,
} from './accounts.schema.ts';
import type { AccountParts } from './parts.ts';
import { startConnect } from './use-cases/connect-by-consent.ts';
import { connectAccountByTokens } from './use-cases/connect-by-tokens.ts';
import { pauseAccount, resumeAccount } from './use-cases/pause-account.ts';
import { viewAccount, viewAccounts } from './use-cases/read-accounts.ts';
import { updateAccount } from './use-cases/update-account.ts';

const tag = 'Accounts';

export function accountRoutes(parts: AccountParts) {
  return [
    route({
      operationId: 'listAccounts',
      method: 'GET',
      path: '/v1/accounts',
      summary: 'List accounts',
      tag,
      scope: 'accounts:read',
      paging: onOnePage('accounts'),
      data: AccountList,
      status: 200,
      refusals: [],
      handle: async ({ context }) => ({ data: await viewAccounts(parts, context) }),
    }),
    route({
      operationId: 'getAccount',
      method: 'GET',
      path: '/v1/accounts/:accountId',
      summary: 'Get account',
      tag,
      scope: 'accounts:read',
      params: AccountPath,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ context, params }) => ({
        data: await viewAccount(parts, context, params.accountId),
      }),
    }),
    route({
      operationId: 'updateAccount',
      method: 'PATCH',
      path: '/v1/accounts/:accountId',
      summary: 'Update account',
      description:
        'Omitted fields are unchanged; null clears a limit. A change of pacing applies from the next post on.',
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      body: UpdateAccountBody,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params, body }) => updateAccount(context, params.accountId, body),
    }),
    route({
      operationId: 'pauseAccount',
      method: 'POST',
      path: '/v1/accounts/:accountId/pause',
      summary: 'Pause publishing',
      description:
        'From now on, no queued post of the account is published. A post that is being published completes, and lost responses are still resolved. Pausing a paused account has no effect.',
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      body: PauseAccountBody,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params, body }) => pauseAccount(context, params.accountId, body),
    }),
    route({
      operationId: 'resumeAccount',
      method: 'POST',
      path: '/v1/accounts/:accountId/resume',
      summary: 'Resume publishing',
      description:
        "Queued posts are published again. The account's missedPolicy applies to posts that became due long ago.",
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params }) => resumeAccount(context, params.accountId),
    }),
    route({
      operationId: 'connectAccountByTokens',
      method: 'POST',
      path: '/v1/accounts',
      summary: 'Connect an account with tokens',
      description:
        "For tokens that were created in Pinterest's developer console. The access token is tested against Pinterest first. An account that is already connected gets the new tokens; an account that was disconnected returns with its id, drafts and history.",
      tag,
      scope: 'accounts:write',
      body: ConnectByTokensBody,
      data: AccountAnswer,
      status: 201,
      refusals: [tokensRejected, keyIsRestricted],
      handle: ({ context, body }) => connectAccountByTokens(parts, context, body),
    }),
    route({
      operationId: 'connectAccount',
      method: 'POST',
      path: '/v1/accounts/connect',
      summary: "Connect an account through Pinterest's consent page",
      description:
        'Send the owner of the account to `url`, a page that names the organization and leads to Pinterest. The link works once, and stops working when the key that created it is revoked or expires. With `accountId` an account is re-authorized, and only its own Pinterest user is accepted. With `returnUrl` the owner returns to your app.',
      tag,
      scope: 'accounts:write',
      body: ConnectAccountBody,
      data: ConnectAnswer,
      status: 200,
      refusals: [accountNotFound, noPinterestApp, keyIsRestricted, tooManyConnectLinks],
      handle: ({ context, body }) => startConnect(parts, context, body),
    }),
  ];
}
