// Pins. Creating one is the call that this whole folder is careful about: it is sent once and never again.
import type { Answer, Call } from '../wire/answers.ts';
import { mapAnswer } from '../wire/answers.ts';
import type { Caller, Question } from '../wire/caller.ts';
import type { Failure } from '../wire/failure.ts';
import { isPinterestId } from './ids.ts';
import { pageOf, pageSizeMax, readPages } from './pages.ts';
import { type CreatePinBody, toWirePin } from './pin-body.ts';
import { type Pin, pinSchema } from './resources.ts';

export type CreateOutcome =
  | { kind: 'created'; pin: Pin; call: Call }
  /** Surely nothing was made, and repeating it unchanged is no use. */
  | { kind: 'refused'; failure: Failure; call: Call }
  /** Surely nothing was made; try again after `retryAfterMs`, or by the caller's policy. */
  | { kind: 'postponed'; failure: Failure; call: Call }
  /** A Pin may exist: look, never repeat. */
  | { kind: 'lost'; failure: Failure; call: Call };

export interface PinList {
  pins: Pin[];
  /** False: there may be more, so nothing is established about what was not seen. */
  complete: boolean;
}

export interface PinCalls {
  createPin(token: string, body: CreatePinBody): Promise<CreateOutcome>;
  /** Null when it is not there, or not for this account to see. */
  getPin(token: string, pinId: string): Promise<Answer<Pin | null>>;
  /**
   * A board's Pins, those of its sections included (Pinterest's own fix, api-quickstart PR #6), or one section's.
   * The order is not documented: newest first is what one sees, nothing to rely on.
   */
  listBoardPins(
    token: string,
    boardId: string,
    options?: { sectionId?: string; pagesMax?: number },
  ): Promise<Answer<PinList>>;
  /** The account's own Pins on whatever board. */
  listPins(token: string, options?: { pagesMax?: number }): Promise<Answer<PinList>>;
  deletePin(token: string, pinId: string): Promise<Answer<null>>;
  /** Saves an existing Pin to a board, which makes a new Pin: a lost answer is not repeatable. */
  savePin(
    token: string,
    pinId: string,
    target: { boardId: string; boardSectionId?: string | null },
  ): Promise<Answer<Pin>>;
}

const pagesMaxDefault = 10;

export function pinCalls(caller: Caller): PinCalls {
  async function about<T>(ids: string[], question: Question<T>): Promise<Answer<T>> {
    if (ids.every(isPinterestId)) return caller.answer(question);
    return { kind: 'failed', ...caller.refuse('a Pin, board or section id is not made of digits') };
  }

  async function list(
    operation: string,
    token: string,
    path: string,
    ids: string[],
    pagesMax: number,
  ): Promise<Answer<PinList>> {
    const listed = await readPages(
      (bookmark) =>
        about(ids, {
          operation,
          method: 'GET',
          path,
          query: { page_size: pageSizeMax, bookmark },
          authorization: { token },
          expects: pageOf(pinSchema),
        }),
      pagesMax,
    );
    return mapAnswer(listed, ({ items, complete }) => ({ pins: items, complete }));
  }

  return {
    async createPin(token, body) {
      const wired = toWirePin(body);
      if (wired.kind === 'invalid') return { kind: 'refused', ...caller.refuse(wired.problem) };
      const { verdict, value, call } = await caller.ask({
        operation: 'createPin',
        method: 'POST',
        path: '/pins',
        authorization: { token },
        body: { json: wired.wire },
        expects: pinSchema,
      });
      if (verdict.kind !== 'created') return { ...verdict, call };
      // The verdict is `created` only when the Pin could be read.
      return { kind: 'created', pin: value as Pin, call };
    },

    async getPin(token, pinId) {
      const answer = await about<Pin | null>([pinId], {
        operation: 'getPin',
        method: 'GET',
        path: `/pins/${pinId}`,
        authorization: { token },
        expects: pinSchema,
      });
      // Only Pinterest's own 404 says so. A gateway's tells nothing about the Pin.
      const isGone =
        answer.kind === 'failed' && ['pin_not_found', 'not_found'].includes(answer.failure.reason);
      return isGone ? { kind: 'ok', value: null, call: answer.call } : answer;
    },

    listBoardPins(token, boardId, { sectionId, pagesMax = pagesMaxDefault } = {}) {
      return sectionId === undefined
        ? list('listBoardPins', token, `/boards/${boardId}/pins`, [boardId], pagesMax)
        : list(
            'listSectionPins',
            token,
            `/boards/${boardId}/sections/${sectionId}/pins`,
            [boardId, sectionId],
            pagesMax,
          );
    },

    listPins: (token, { pagesMax = pagesMaxDefault } = {}) => list('listPins', token, '/pins', [], pagesMax),

    deletePin: (token, pinId) =>
      about([pinId], {
        operation: 'deletePin',
        method: 'DELETE',
        path: `/pins/${pinId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),

    savePin: (token, pinId, { boardId, boardSectionId }) =>
      about([pinId, boardId, ...(boardSectionId ? [boardSectionId] : [])], {
        operation: 'savePin',
        method: 'POST',
        path: `/pins/${pinId}/save`,
        authorization: { token },
        body: { json: { board_id: boardId, ...(boardSectionId && { board_section_id: boardSectionId }) } },
        expects: pinSchema,
      }),
  };
}
