// The operations of board lists.
import { onOnePage, route } from '../../platform/http/contract/index.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import { boardListNotFound, tooManyBoardLists } from './board-lists.errors.ts';
import {
  BoardListAnswer,
  BoardListBody,
  BoardListPath,
  BoardListsAnswer,
  DeletedBoardListAnswer,
} from './board-lists.schema.ts';
import type { BoardParts } from './parts.ts';
import {
  createBoardList,
  deleteBoardList,
  listBoardLists,
  replaceBoardList,
} from './use-cases/board-lists.ts';

const tag = 'Board lists';

export function boardListRoutes(parts: BoardParts) {
  return [
    route({
      operationId: 'listBoardLists',
      method: 'GET',
      path: '/v1/accounts/:accountId/board-lists',
      summary: 'List the board lists of an account',
      description: 'All board lists, oldest first. An account can have at most 1,000.',
      tag,
      scope: 'boards:read',
      params: AccountPath,
      paging: onOnePage('boardLists'),
      data: BoardListsAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: async ({ context, params }) => ({
        data: await listBoardLists(parts, context, params.accountId),
      }),
    }),
    route({
      operationId: 'createBoardList',
      method: 'POST',
      path: '/v1/accounts/:accountId/board-lists',
      summary: 'Create board list',
      description: 'A board list is an ordered list of boards, stored by Pintail only.',
      tag,
      scope: 'boards:write',
      params: AccountPath,
      body: BoardListBody,
      data: BoardListAnswer,
      status: 201,
      refusals: [accountNotFound, tooManyBoardLists],
      handle: ({ context, params, body }) => createBoardList(parts, context, params.accountId, body),
    }),
    route({
      operationId: 'replaceBoardList',
      method: 'PUT',
      path: '/v1/accounts/:accountId/board-lists/:boardListId',
      summary: 'Replace board list',
      description: 'Replaces the name and the boards.',
      tag,
      scope: 'boards:write',
      params: BoardListPath,
      body: BoardListBody,
      data: BoardListAnswer,
      status: 200,
      refusals: [accountNotFound, boardListNotFound],
      handle: ({ context, params, body }) => replaceBoardList(parts, context, params, body),
    }),
    route({
      operationId: 'deleteBoardList',
      method: 'DELETE',
      path: '/v1/accounts/:accountId/board-lists/:boardListId',
      summary: 'Delete board list',
      description: 'The boards themselves are unchanged.',
      tag,
      scope: 'boards:write',
      params: BoardListPath,
      data: DeletedBoardListAnswer,
      status: 200,
      refusals: [accountNotFound, boardListNotFound],
      handle: ({ context, params }) => deleteBoardList(parts, context, params),
    }),
  ];
}
