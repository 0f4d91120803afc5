// Pins. A create request is sent once and never repeated: the rest of this folder exists to guarantee that.
import type { Answer, Call } from '../wire/answers.ts';
import { mapAnswer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import type { Failure } from '../wire/failure.ts';
import { answerAbout } from './ids.ts';
import { pageOf, pageSizeMax, readPages } from './pages.ts';
import { type CreatePinBody, toWirePin } from './pin-body.ts';
import { type Pin, pinSchema } from './resources.ts';

export type CreateOutcome =
  | { kind: 'created'; pin: Pin; call: Call }
  /** Certainly nothing was created, and an unchanged retry would fail too. */
  | { kind: 'refused'; failure: Failure; call: Call }
  /** Certainly nothing was created; retry after `retryAfterMs`, or by the caller's policy. */
  | { kind: 'postponed'; failure: Failure; call: Call }
  /** A Pin may exist: search for it, never repeat the request. */
  | { kind: 'lost'; failure: Failure; call: Call };

export interface PinList {
  pins: Pin[];
  /** False: there may be more Pins than those in the list. */
  complete: boolean;
}

export interface PinCalls {
  createPin(token: string, body: CreatePinBody): Promise<CreateOutcome>;
  /** Null when it does not exist, or this account may not see it. */
  getPin(token: string, pinId: string): Promise<Answer<Pin | null>>;
  /**
   * A board's Pins, those of its sections included (Pinterest's own fix, api-quickstart PR #6), or one section's.
   * The order is not documented: newest first was observed, but do not rely on it.
   */
  listBoardPins(
    token: string,
    boardId: string,
    options?: { sectionId?: string; pagesMax?: number },
  ): Promise<Answer<PinList>>;
  /** The account's own Pins on all boards. */
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
  return {
    createPin: (token, body) => createPin(caller, token, body),
    getPin: (token, pinId) => getPin(caller, token, pinId),

    listBoardPins(token, boardId, { sectionId, pagesMax = pagesMaxDefault } = {}) {
      const boardPath = `/boards/${boardId}`;
      return sectionId === undefined
        ? listPins(caller, 'listBoardPins', { token, path: `${boardPath}/pins`, ids: [boardId], pagesMax })
        : listPins(caller, 'listSectionPins', {
            token,
            path: `${boardPath}/sections/${sectionId}/pins`,
            ids: [boardId, sectionId],
            pagesMax,
          });
    },

    listPins: (token, { pagesMax = pagesMaxDefault } = {}) =>
      listPins(caller, 'listPins', { token, path: '/pins', ids: [], pagesMax }),

    deletePin: (token, pinId) =>
      answerAbout(caller, [pinId], {
        operation: 'deletePin',
        method: 'DELETE',
        path: `/pins/${pinId}`,
        authorization: { token },
        expects: null,
        isRepeatable: true,
      }),

    savePin: (token, pinId, { boardId, boardSectionId }) =>
      answerAbout(caller, [pinId, boardId, ...(boardSectionId ? [boardSectionId] : [])], {
        operation: 'savePin',
        method: 'POST',
        path: `/pins/${pinId}/save`,
        authorization: { token },
        body: { json: { board_id: boardId, ...(boardSectionId && { board_section_id: boardSectionId }) } },
        expects: pinSchema,
      }),
  };
}

async function createPin(caller: Caller, token: string, body: CreatePinBody): Promise<CreateOutcome> {
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
}

async function getPin(caller: Caller, token: string, pinId: string): Promise<Answer<Pin | null>> {
  const answer = await answerAbout<Pin | null>(caller, [pinId], {
    operation: 'getPin',
    method: 'GET',
    path: `/pins/${pinId}`,
    authorization: { token },
    expects: pinSchema,
  });
  // Only Pinterest's own 404 counts. That of a gateway says nothing about the Pin.
  const isGone = answer.kind === 'failed' && ['pin_not_found', 'not_found'].includes(answer.failure.reason);
  return isGone ? { kind: 'ok', value: null, call: answer.call } : answer;
}

interface ListedPins {
  token: string;
  path: string;
  /** The ids in the path. */
  ids: readonly string[];
  pagesMax: number;
}

async function listPins(
  caller: Caller,
  operation: string,
  { token, path, ids, pagesMax }: ListedPins,
): Promise<Answer<PinList>> {
  const listed = await readPages(
    (bookmark) =>
      answerAbout(caller, ids, {
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
