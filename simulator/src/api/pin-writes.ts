// Changing a Pin and saving one to another board. The first is beta with Pinterest, not for all apps.

import { z } from 'zod';
import type { Answer, Call, Operation } from '../http/operation.ts';
import { adAccount, check, digits } from '../http/parse.ts';
import { boardNotFound } from '../http/refusal.ts';
import type { Picture, Pin } from '../store/model.ts';
import { getBoard, getPin, getSection } from './access.ts';
import { aiDisclosures, pinTexts } from './pin-create.schema.ts';
import { pinTextsFrom } from './pin-text.ts';
import { pinView } from './views.ts';

const pinPath = z.object({ pin_id: digits });
const query = z.object(adAccount);
const carouselSlot = z.strictObject({
  title: z.string().optional(),
  description: z.string().optional(),
  link: z.string().optional(),
});
const pinUpdate = z.strictObject({
  board_id: digits.optional(),
  board_section_id: digits.nullish(),
  ...pinTexts,
  carousel_slots: z.array(carouselSlot).max(5).optional(),
  ai_disclosures: aiDisclosures,
});
const pinSave = z.strictObject({ board_id: digits.nullish(), board_section_id: digits.nullish() });

/** Absent leaves a field as it is; null empties it. */
function updatePin(call: Call): Answer {
  const path = check(pinPath, call.params);
  check(query, call.query);
  const given = check(pinUpdate, call.json());
  const pin = getPin(call, path.pin_id, 'boards:write', 'pins:write');
  const board = getBoard(call, given.board_id ?? pin.boardId, 'boards:write', 'pins:write');
  const hasMoved = board.id !== pin.boardId;
  const sectionId =
    given.board_section_id === undefined && !hasMoved ? pin.boardSectionId : given.board_section_id;
  const section = sectionId == null ? null : getSection(call, board, sectionId);
  const texts = pinTextsFrom(given, call.world.settings());
  const row: Pin = {
    ...pin,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    title: given.title === undefined ? pin.title : texts.title,
    description: given.description === undefined ? pin.description : texts.description,
    link: given.link === undefined ? pin.link : texts.link,
    altText: given.alt_text === undefined ? pin.altText : texts.altText,
    aiDisclosures: given.ai_disclosures?.values ?? pin.aiDisclosures,
    pictures: pin.pictures.map((picture, index) => withSlot(picture, given.carousel_slots?.[index])),
  };
  call.world.store.commit({ put: 'pins', row });
  return { status: 200, body: pinView(call.world, row, { viewer: call.account, withMetrics: false }) };
}

function withSlot(picture: Picture, slot: z.infer<typeof carouselSlot> | undefined): Picture {
  if (slot === undefined) return picture;
  const { title = picture.title, description = picture.description, link = picture.link } = slot;
  return { ...picture, title, description, link };
}

/** Makes a new Pin of the caller's with the same picture. */
function savePin(call: Call): Answer {
  const path = check(pinPath, call.params);
  check(query, call.query);
  const given = check(pinSave, call.json());
  const pin = getPin(call, path.pin_id, 'boards:read', 'pins:read');
  // Without a board Pinterest saves to the profile, which is not simulated.
  if (given.board_id == null) throw boardNotFound();
  const board = getBoard(call, given.board_id, 'boards:write', 'pins:write');
  const section = given.board_section_id == null ? null : getSection(call, board, given.board_section_id);
  const now = call.world.clock.now().toISOString();
  const row: Pin = {
    ...pin,
    id: call.world.store.ids.next(),
    accountId: call.account.id,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    parentPinId: pin.id,
    createdAt: now,
    shownCreatedAt: now,
    listedFrom: now,
    requestNumber: call.requestNumber,
  };
  call.world.store.commit({ put: 'pins', row });
  return { status: 201, body: pinView(call.world, row, { viewer: call.account, withMetrics: false }) };
}

const scopes = ['boards:read', 'boards:write', 'pins:read', 'pins:write'];
const category = 'org_write';

export const pinWriteOperations: Operation[] = [
  {
    id: 'pins/update',
    method: 'PATCH',
    path: '/pins/:pin_id',
    scopes,
    category,
    takesClientCredentials: true,
    handle: updatePin,
  },
  { id: 'pins/save', method: 'POST', path: '/pins/:pin_id/save', scopes, category, handle: savePin },
];
