// The account, its boards and their sections (docs/pinterest.md#boards-and-paging).
import { z } from 'zod';
import { type Answer, type Call, operationTable } from '../http/operation.ts';
import { pageOf } from '../http/paging.ts';
import { adAccount, check, digits, paging } from '../http/parse.ts';
import { getBoard, maySee } from './access.ts';
import { accountView, boardsOf, boardView, sectionView } from './views.ts';

const boardPath = z.object({ board_id: digits });
const accountQuery = z.object(adAccount);
const pagedQuery = z.object({ ...paging, ...adAccount });
const boardsQuery = pagedQuery.extend({
  privacy: z.enum(['ALL', 'PUBLIC', 'PROTECTED', 'SECRET', 'PUBLIC_AND_SECRET']).default('ALL'),
});

function readAccount(call: Call): Answer {
  check(accountQuery, call.query);
  return { status: 200, body: accountView(call, call.account) };
}

function listBoards(call: Call): Answer {
  const query = check(boardsQuery, call.query);
  const boards = boardsOf(call, call.account)
    .filter((board) => maySee(call, board, 'boards:read'))
    .filter(
      ({ privacy }) =>
        query.privacy === 'ALL' ||
        privacy === query.privacy ||
        (query.privacy === 'PUBLIC_AND_SECRET' && privacy !== 'PROTECTED'),
    );
  const { listing } = call.settings();
  const page = pageOf(boards, listing.order, query, listing);
  const items = page.items.map((board) => boardView(call, board));
  return { status: 200, body: { items, bookmark: page.bookmark } };
}

function readBoard(call: Call): Answer {
  const path = check(boardPath, call.params);
  check(accountQuery, call.query);
  return { status: 200, body: boardView(call, getBoard(call, path.board_id, 'boards:read')) };
}

function listSections(call: Call): Answer {
  const path = check(boardPath, call.params);
  const query = check(pagedQuery, call.query);
  const board = getBoard(call, path.board_id, 'boards:read');
  const sections = [...call.store.rows.sections.values()].filter((row) => row.boardId === board.id);
  const { listing } = call.settings();
  const page = pageOf(sections, 'oldest', query, listing);
  return { status: 200, body: { items: page.items.map(sectionView), bookmark: page.bookmark } };
}

export const boardOperations = operationTable(
  { category: 'org_read', scopes: ['boards:read'], takesClientCredentials: true },
  [
    ['user_account/get', 'GET /user_account', readAccount, { scopes: ['user_accounts:read'] }],
    ['boards/list', 'GET /boards', listBoards],
    ['boards/get', 'GET /boards/:board_id', readBoard],
    ['board_sections/list', 'GET /boards/:board_id/sections', listSections],
  ],
);
