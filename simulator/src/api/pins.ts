// Reading, listing and deleting Pins.
import { z } from 'zod';
import { type Answer, type Call, operationTable } from '../http/operation.ts';
import { pageOf } from '../http/paging.ts';
import { adAccount, check, digits, paging, queryBoolean, queryList } from '../http/parse.ts';
import type { Pin } from '../store/model.ts';
import { getBoard, getPin, getSection, listedPins, maySee } from './access.ts';
import { createPin } from './pin-create.ts';
import { creativeType, pinView } from './views.ts';

const readScopes = ['boards:read', 'pins:read'];
const writeScopes = ['boards:read', 'boards:write', 'pins:read', 'pins:write'];

const creativeTypes = queryList([
  'REGULAR',
  'VIDEO',
  'SHOPPING',
  'CAROUSEL',
  'MAX_VIDEO',
  'SHOP_THE_PIN',
  'COLLECTION',
  'IDEA',
  'SHOWCASE',
  'QUIZ',
  'COLLAGE',
  'MAX_WIDTH_REGULAR_COLLECTION',
  'MAX_WIDTH_VIDEO_COLLECTION',
]).optional();

const listQuery = z.object({
  ...paging,
  ...adAccount,
  creative_types: creativeTypes,
  pin_metrics: queryBoolean,
});
const ownListQuery = listQuery.extend({
  pin_filter: z.enum(['exclude_native', 'exclude_repins', 'has_been_promoted']).optional(),
  include_protected_pins: queryBoolean,
  pin_type: z.enum(['PRIVATE']).optional(),
});
const pinPath = z.object({ pin_id: digits });
const pinQuery = z.object({ ...adAccount, pin_metrics: queryBoolean });
const boardPath = z.object({ board_id: digits });
const sectionPath = boardPath.extend({ section_id: digits });

function pageOfPins(call: Call, pins: readonly Pin[], query: z.infer<typeof listQuery>): Answer {
  const { listing } = call.settings();
  const matching = listedPins(call, pins).filter(
    (pin) => query.creative_types?.includes(creativeType(pin) as never) ?? true,
  );
  const page = pageOf(matching, listing.order, query, listing);
  const options = { viewer: call.account, withMetrics: query.pin_metrics };
  return {
    status: 200,
    body: { items: page.items.map((pin) => pinView(call, pin, options)), bookmark: page.bookmark },
  };
}

function listOwnPins(call: Call): Answer {
  const query = check(ownListQuery, call.query);
  if (query.pin_filter === 'has_been_promoted') return pageOfPins(call, [], query);
  const pins = call.store.pinsOfAccount(call.account.id).filter((pin) => {
    const board = call.store.rows.boards.get(pin.boardId);
    if (board === undefined || !maySee(call, board, 'boards:read', 'pins:read')) return false;
    const isShown = board.privacy !== 'PROTECTED' || query.include_protected_pins;
    return isShown && (query.pin_type !== 'PRIVATE' || board.privacy === 'SECRET');
  });
  return pageOfPins(call, pins, query);
}

/** Includes the Pins of the board's sections (docs/pinterest.md#lost-responses, no. 3). */
function listBoardPins(call: Call): Answer {
  const path = check(boardPath, call.params);
  const query = check(listQuery, call.query);
  const board = getBoard(call, path.board_id, 'boards:read', 'pins:read');
  return pageOfPins(call, call.store.pinsOfBoard(board.id), query);
}

function listSectionPins(call: Call): Answer {
  const path = check(sectionPath, call.params);
  const query = check(listQuery, call.query);
  const board = getBoard(call, path.board_id, 'boards:read', 'pins:read');
  const section = getSection(call, board, path.section_id);
  const pins = call.store.pinsOfBoard(board.id).filter((pin) => pin.boardSectionId === section.id);
  return pageOfPins(call, pins, query);
}

function readPin(call: Call): Answer {
  const path = check(pinPath, call.params);
  const query = check(pinQuery, call.query);
  const pin = getPin(call, path.pin_id, 'boards:read', 'pins:read');
  const options = { viewer: call.account, withMetrics: query.pin_metrics };
  return { status: 200, body: pinView(call, pin, options) };
}

function deletePin(call: Call): Answer {
  const path = check(pinPath, call.params);
  const pin = getPin(call, path.pin_id, 'boards:write', 'pins:write');
  // The row remains, so that the control interface still shows that the Pin was created.
  const row = { ...pin, deletedAt: call.clock.now().toISOString() };
  call.store.commit({ put: 'pins', row });
  return { status: 204 };
}

export const pinOperations = operationTable(
  { category: 'org_read', scopes: readScopes, takesClientCredentials: true },
  [
    ['pins/create', 'POST /pins', createPin, { scopes: writeScopes, category: 'org_write' }],
    ['pins/list', 'GET /pins', listOwnPins],
    ['pins/get', 'GET /pins/:pin_id', readPin],
    ['pins/delete', 'DELETE /pins/:pin_id', deletePin, { scopes: writeScopes, category: 'org_write' }],
    ['boards/list_pins', 'GET /boards/:board_id/pins', listBoardPins],
    ['board_sections/list_pins', 'GET /boards/:board_id/sections/:section_id/pins', listSectionPins],
  ],
);
