import { route } from '../../platform/http/contract/route.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { boardListNotFound, tooManyBoardLists } from './board-lists.errors.ts';
import {
  BoardListAnswer,
  BoardListBody,
  BoardListPath,
  BoardListsAnswer,
  DeletedBoardListAnswer,
} from './board-lists.schema.ts';
import type { BoardListsService } from './board-lists.service.ts';

const tag = 'Board lists';

export function boardListRoutes(boardLists: BoardListsService) {
  return [
    route({
      operationId: 'listBoardLists',
      method: 'GET',
      path: '/v1/accounts/:accountId/board-lists',
      summary: 'List the board lists of an account',
      description: 'All of them, oldest first. An account has at most 1,000.',
      tag,
      scope: 'boards:read',
      params: AccountPath,
      data: BoardListsAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ caller, params }) => ({ data: await boardLists.list(caller, params.accountId) }),
    }),
    route({
      operationId: 'createBoardList',
      method: 'POST',
      path: '/v1/accounts/:accountId/board-lists',
      summary: 'Create board list',
      description: 'A list is a group of boards in an order, kept by Pintail. Pinterest knows nothing of it.',
      tag,
      scope: 'boards:write',
      params: AccountPath,
      body: BoardListBody,
      data: BoardListAnswer,
      status: 201,
      refusals: [accountNotFound, tooManyBoardLists],
      handle: ({ caller, params, body, commit }) => boardLists.create(caller, params.accountId, body, commit),
    }),
    route({
      operationId: 'replaceBoardList',
      method: 'PUT',
      path: '/v1/accounts/:accountId/board-lists/:boardListId',
      summary: 'Replace board list',
      description: 'The name and the boards become exactly what is sent.',
      tag,
      scope: 'boards:write',
      params: BoardListPath,
      body: BoardListBody,
      data: BoardListAnswer,
      status: 200,
      refusals: [accountNotFound, boardListNotFound],
      handle: ({ caller, params, body, commit }) => boardLists.replace(caller, params, body, commit),
    }),
    route({
      operationId: 'deleteBoardList',
      method: 'DELETE',
      path: '/v1/accounts/:accountId/board-lists/:boardListId',
      summary: 'Delete board list',
      description: 'Its boards stay as they are.',
      tag,
      scope: 'boards:write',
      params: BoardListPath,
      data: DeletedBoardListAnswer,
      status: 200,
      refusals: [accountNotFound, boardListNotFound],
      handle: ({ caller, params, commit }) => boardLists.delete(caller, params, commit),
    }),
  ];
}
