// A model of Pinterest in memory. Its ledger maps each Pin to its post by the picture, which is unique for each post and
// which Pintail's search for lost Pins does not read. The share of failures is configurable, and each failure is one that
// the real client distinguishes (pinterest/outcomes.ts).

import type { CreateOutcome, CreatePinBody, Pin, PinList } from '../../src/pinterest/index.ts';
import type { Answer, Call } from '../../src/pinterest/wire/answers.ts';
import { type Failure, failureFor } from '../../src/pinterest/wire/failure.ts';
import { addMs } from '../../src/platform/clock.ts';
import type { Seeded } from '../chaos/seeded.ts';

export interface LedgerPin {
  pin: Pin;
  /** The medium that it shows. */
  mediaId: string;
  token: string;
  madeAt: number;
  /** Listings contain it from this moment on. */
  visibleAt: number;
}

export interface PinterestWeather {
  /** The share of creates that fail, from 0 to 1. */
  creates: number;
  /** The share of listings that fail. */
  listings: number;
  /** The maximum time until listings contain a new Pin. */
  delayMsMax: number;
}

export const fairWeather: PinterestWeather = { creates: 0, listings: 0, delayMsMax: 0 };

type CreateFault = (draw: Seeded) => {
  kind: 'lost' | 'refused' | 'postponed';
  failure: Failure;
  isMade?: boolean;
};

const lost =
  (reason: 'answer_lost' | 'pinterest_unavailable' | 'answer_unreadable', isMade: boolean) => () => ({
    kind: 'lost' as const,
    failure: failureFor(reason),
    isMade,
  });
const postponed = (...parameters: Parameters<typeof failureFor>) => ({
  kind: 'postponed' as const,
  failure: failureFor(parameters[0], { ...parameters[1], retryable: true }),
});
const refused = (reason: Parameters<typeof failureFor>[0]) => () => ({
  kind: 'refused' as const,
  failure: failureFor(reason),
});

const losses: readonly CreateFault[] = [
  lost('answer_lost', true),
  lost('answer_lost', false),
  lost('pinterest_unavailable', true),
  lost('pinterest_unavailable', false),
  lost('answer_unreadable', true),
];

const otherFaults: readonly CreateFault[] = [
  (draw) => postponed('rate_limited', { retryAfterMs: draw.pick([null, 1_000, 30_000]) }),
  () => postponed('rate_limited', { retryAfterMs: 400_000, scope: 'app' }),
  () => postponed('spam_block', { retryAfterMs: 3_600_000 }),
  () => postponed('busy', { retryAfterMs: 2_000, repeatsMax: 3 }),
  () => postponed('token_invalid', { repeatsMax: 1 }),
  () => postponed('connection_failed'),
  refused('board_not_found'),
  refused('link_invalid'),
  refused('scope_missing'),
];

/** A board with more Pins than a search reads: in each hour it reads the other half. */
const largeBoard = '2';
const isOutOfReach = ({ pin }: LedgerPin, at: number) =>
  (Number(pin.id) + Math.floor(at / 3_600_000)) % 2 === 0;

/** The ways in which Pinterest changes texts. */
const asShown: readonly ((text: string | null | undefined) => string | null)[] = [
  (text) => text ?? null,
  (text) => text?.replaceAll('&', '&amp;') ?? null,
  (text) => (text ? ` ${text} ` : ''),
];

export type ModelPinterest = ReturnType<typeof createModelPinterest>;

export function createModelPinterest({
  now,
  draw,
  weather,
  skewMs,
  created,
}: {
  now(): Date;
  draw: Seeded;
  weather(): PinterestWeather;
  /** The error of its clock. */
  skewMs: number;
  /** Called right after a Pin was created. */
  created(pin: LedgerPin): void;
}) {
  const ledger = new Map<string, LedgerPin>();
  const byPicture = new Map<string, LedgerPin[]>();
  const boards = new Map<string, LedgerPin[]>();
  let count = 0;

  const callOf = (status: number | null): Call => ({
    ...{ status, pinterestCode: null, message: null, requestId: null, durationMs: 1, rateLimit: null },
    startedAt: now(),
  });

  function make(token: string, body: CreatePinBody): LedgerPin {
    if (body.source.type !== 'image_base64') throw new Error('the model takes single pictures only');
    count += 1;
    const show = draw.pick(asShown);
    const skewed = addMs(now(), skewMs);
    const pin: Pin = {
      id: String(700_000 + count),
      createdAt: draw.chance(0.95) ? skewed : null,
      boardId: body.boardId,
      boardSectionId: null,
      title: show(body.title),
      description: show(body.description),
      link: body.link ?? null,
      altText: show(body.altText),
      isOwner: draw.chance(0.9) ? true : null,
      isStandard: true,
      mediaKind: draw.chance(0.9) ? 'image' : 'unknown',
    };
    const madeAt = now().getTime();
    const visibleAt = madeAt + Math.floor(draw.next() * weather().delayMsMax);
    const entry = { pin, mediaId: Buffer.from(body.source.bytes).toString(), token, madeAt, visibleAt };
    ledger.set(pin.id, entry);
    byPicture.set(entry.mediaId, [...(byPicture.get(entry.mediaId) ?? []), entry]);
    const place = `${token} ${body.boardId}`;
    boards.set(place, [...(boards.get(place) ?? []).slice(-200), entry]);
    created(entry);
    return entry;
  }

  return {
    ledger,

    /** Pins that show this picture. */
    of: (mediaId: string): readonly LedgerPin[] => byPicture.get(mediaId) ?? [],

    createPin(token: string, body: CreatePinBody): CreateOutcome {
      if (!draw.chance(weather().creates)) {
        const { pin } = make(token, body);
        const isLast = weather().creates > 0 && draw.chance(0.03);
        const rateLimit = isLast ? { limit: 10, remaining: 0, resetSeconds: 60 } : null;
        return { kind: 'created', pin, call: { ...callOf(201), rateLimit } };
      }
      const { isMade, ...outcome } = draw.pick(draw.chance(0.5) ? losses : otherFaults)(draw);
      if (isMade) make(token, body);
      return { ...outcome, call: callOf(null) };
    },

    listBoardPins(token: string, boardId: string): Answer<PinList> {
      if (draw.chance(weather().listings))
        return { kind: 'failed', failure: failureFor('pinterest_unavailable'), call: callOf(503) };
      const at = now().getTime();
      const pins = (boards.get(`${token} ${boardId}`) ?? [])
        .filter((entry) => entry.visibleAt <= at && !(boardId === largeBoard && isOutOfReach(entry, at)))
        .map((entry) => entry.pin);
      const complete = boardId !== largeBoard;
      return { kind: 'ok', value: { pins: pins.reverse(), complete }, call: callOf(200) };
    },
  };
}
