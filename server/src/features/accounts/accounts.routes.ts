import { route } from '../../platform/http/contract/route.ts';
import { accountNotFound, keyIsRestricted, noPinterestApp, tokenRefused } from './accounts.errors.ts';
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
import type { AccountsService } from './accounts.service.ts';

const tag = 'Accounts';

export function accountRoutes(accounts: AccountsService) {
  return [
    route({
      operationId: 'listAccounts',
      method: 'GET',
      path: '/v1/accounts',
      summary: 'List the Pinterest accounts that this key may use',
      tag,
      scope: 'accounts:read',
      data: AccountList,
      status: 200,
      refusals: [],
      handle: async ({ caller }) => ({ data: await accounts.list(caller) }),
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
      handle: async ({ caller, params }) => ({ data: await accounts.view(caller, params.accountId) }),
    }),
    route({
      operationId: 'updateAccount',
      method: 'PATCH',
      path: '/v1/accounts/:accountId',
      summary: 'Update account',
      description:
        'Fields that are left out stay as they are; null clears a limit. A change of pacing counts from the next post on.',
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      body: UpdateAccountBody,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, body, commit }) => accounts.update(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'pauseAccount',
      method: 'POST',
      path: '/v1/accounts/:accountId/pause',
      summary: 'Pause publishing',
      description:
        'From now on no queued post of the account goes out; one that is being published is finished, and lost answers are looked for. Pausing twice is no mistake.',
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      body: PauseAccountBody,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, body, commit }) => accounts.pause(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'resumeAccount',
      method: 'POST',
      path: '/v1/accounts/:accountId/resume',
      summary: 'Resume publishing',
      description:
        "Queued posts go out again. Those that fell due long ago go by the account's missedPolicy.",
      tag,
      scope: 'accounts:write',
      params: AccountPath,
      data: AccountAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, commit }) => accounts.resume(caller, params.accountId, commit),
    }),
    route({
      operationId: 'connectAccountByTokens',
      method: 'POST',
      path: '/v1/accounts',
      summary: 'Connect an account with tokens',
      description:
        "For tokens made in Pinterest's developer console. They are tried at Pinterest first. An account that is connected already gets the new tokens; one that was disconnected comes back with its id, drafts and history.",
      tag,
      scope: 'accounts:write',
      body: ConnectByTokensBody,
      data: AccountAnswer,
      status: 201,
      refusals: [tokenRefused, keyIsRestricted],
      handle: ({ caller, body, commit }) => accounts.connectByTokens(caller, body, commit),
    }),
    route({
      operationId: 'connectAccount',
      method: 'POST',
      path: '/v1/accounts/connect',
      summary: "Connect an account through Pinterest's consent page",
      description:
        'Send the person who owns the account to `url` within 10 minutes; Pinterest sends them back to this server. With `accountId` an account is re-authorized, and no other Pinterest user is accepted.',
      tag,
      scope: 'accounts:write',
      body: ConnectAccountBody,
      data: ConnectAnswer,
      status: 200,
      refusals: [accountNotFound, noPinterestApp, keyIsRestricted],
      handle: ({ caller, body, commit }) => accounts.startConnect(caller, body, commit),
    }),
  ];
}
