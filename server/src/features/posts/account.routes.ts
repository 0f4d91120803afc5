// What is done to an account and concerns its posts.
import { z } from 'zod';
import { route } from '../../platform/http/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import type { DisconnectAccount } from './use-cases/disconnect-account.ts';

const DisconnectedAnswer = z.object({
  deleted: z.literal(true),
  id: z.string().meta({ description: 'The account that was disconnected.' }),
  unscheduledPosts: z.int().meta({ description: 'How many queued posts became drafts.' }),
});

export function disconnectRoutes(disconnect: DisconnectAccount) {
  return [
    route({
      operationId: 'disconnectAccount',
      method: 'DELETE',
      path: '/v1/accounts/:accountId',
      summary: 'Disconnect account',
      description:
        'Erases its tokens; its queued posts become drafts. What is being published goes on. Connecting the same Pinterest user again brings the account back with its id, drafts and history.',
      tag: 'Accounts',
      scope: 'accounts:write',
      params: AccountPath,
      data: DisconnectedAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, commit }) => disconnect(caller, params.accountId, commit),
    }),
  ];
}
