import { route } from '../../platform/http/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { BoardList, BoardsQuery } from './boards.schema.ts';
import type { BoardsService } from './boards.service.ts';

export function boardRoutes(boards: BoardsService) {
  return [
    route({
      operationId: 'listBoards',
      method: 'GET',
      path: '/v1/accounts/:accountId/boards',
      summary: 'List the boards of an account',
      description: 'Read from Pinterest, all pages of it, and kept for at most 10 minutes.',
      tag: 'Boards',
      scope: 'boards:read',
      params: AccountPath,
      query: BoardsQuery,
      data: BoardList,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ caller, params, query }) => boards.list(caller, params.accountId, query),
    }),
  ];
}
