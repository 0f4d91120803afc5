// Decides which boards and Pins a caller may read and write: its own, and secret ones only with the secret scopes
// (docs/pinterest.md#oauth and #simulated-behavior, no. 6). Anything else is not found.

import { boardNotFound, pinNotFound, sectionNotFound } from '../ground/refusal.ts';
import type { Call } from '../http/operation.ts';
import type { Board, Pin, Section } from '../store/model.ts';

type Need = 'boards:read' | 'boards:write' | 'pins:read' | 'pins:write';

export function maySee(call: Call, board: Board, ...needs: Need[]): boolean {
  if (board.accountId !== call.account.id) return false;
  if (board.privacy !== 'SECRET') return true;
  return needs.every((need) => call.token.scopes.includes(`${need}_secret`));
}

export function getBoard(call: Call, boardId: string, ...needs: Need[]): Board {
  const board = call.store.rows.boards.get(boardId);
  if (board === undefined || !maySee(call, board, ...needs)) throw boardNotFound();
  return board;
}

export function getSection(call: Call, board: Board, sectionId: string): Section {
  const section = call.store.rows.sections.get(sectionId);
  if (section === undefined || section.boardId !== board.id) throw sectionNotFound();
  return section;
}

export function getPin(call: Call, pinId: string, ...needs: Need[]): Pin {
  const pin = call.store.rows.pins.get(pinId);
  if (pin === undefined || pin.deletedAt !== null) throw pinNotFound();
  const board = call.store.rows.boards.get(pin.boardId);
  if (board === undefined || !maySee(call, board, ...needs)) throw pinNotFound();
  return pin;
}

/** Returns the Pins whose listing delay has passed. */
export function listedPins(call: Call, pins: readonly Pin[]): Pin[] {
  const nowMs = call.clock.nowMs();
  return pins.filter((pin) => Date.parse(pin.listedFrom) <= nowMs);
}
