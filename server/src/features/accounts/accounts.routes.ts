import { route } from '../../platform/http/route.ts';
import { AccountList } from './accounts.schema.ts';
import type { AccountsService } from './accounts.service.ts';

export function accountRoutes(accounts: AccountsService) {
  return [
    route({
      operationId: 'listAccounts',
      method: 'GET',
      path: '/v1/accounts',
      summary: 'List the Pinterest accounts that this key may use',
      tag: 'Accounts',
      scope: 'accounts:read',
      data: AccountList,
      status: 200,
      refusals: [],
      handle: async ({ caller }) => ({ data: await accounts.list(caller) }),
    }),
  ];
}
