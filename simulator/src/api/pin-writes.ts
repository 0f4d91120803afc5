// Updates a Pin, and saves a Pin to another board. Updating is in beta at Pinterest, not available to all apps.
import { z } from 'zod';
import { boardNotFound } from '../ground/refusal.ts';
import { type Answer, type Call, operationTable } from '../http/operation.ts';
import { adAccount, check, digits } from '../http/parse.ts';
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

/** An absent field remains unchanged; null clears it. */
function updatePin(call: Call): Answer {
  const path = check(pinPath, call.params);
  check(query, call.query);
  const input = check(pinUpdate, call.json());
  const pin = getPin(call, path.pin_id, 'boards:write', 'pins:write');
  const board = getBoard(call, input.board_id ?? pin.boardId, 'boards:write', 'pins:write');
  const hasMoved = board.id !== pin.boardId;
  const sectionId =
    input.board_section_id === undefined && !hasMoved ? pin.boardSectionId : input.board_section_id;
  const section = sectionId == null ? null : getSection(call, board, sectionId);
  const texts = pinTextsFrom(input, call.settings());
  const row: Pin = {
    ...pin,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    title: input.title === undefined ? pin.title : texts.title,
    description: input.description === undefined ? pin.description : texts.description,
    link: input.link === undefined ? pin.link : texts.link,
    altText: input.alt_text === undefined ? pin.altText : texts.altText,
    aiDisclosures: input.ai_disclosures?.values ?? pin.aiDisclosures,
    pictures: pin.pictures.map((picture, index) => withSlot(picture, input.carousel_slots?.[index])),
  };
  call.store.commit({ put: 'pins', row });
  return { status: 200, body: pinView(call, row, { viewer: call.account, withMetrics: false }) };
}

function withSlot(picture: Picture, slot: z.infer<typeof carouselSlot> | undefined): Picture {
  if (slot === undefined) return picture;
  const { title = picture.title, description = picture.description, link = picture.link } = slot;
  return { ...picture, title, description, link };
}

/** Creates a Pin of the caller with the same image. */
function savePin(call: Call): Answer {
  const path = check(pinPath, call.params);
  check(query, call.query);
  const input = check(pinSave, call.json());
  const pin = getPin(call, path.pin_id, 'boards:read', 'pins:read');
  // Without a board Pinterest saves to the profile, which is not simulated.
  if (input.board_id == null) throw boardNotFound();
  const board = getBoard(call, input.board_id, 'boards:write', 'pins:write');
  const section = input.board_section_id == null ? null : getSection(call, board, input.board_section_id);
  const now = call.clock.now().toISOString();
  const row: Pin = {
    ...pin,
    id: call.store.ids.next(),
    accountId: call.account.id,
    boardId: board.id,
    boardSectionId: section?.id ?? null,
    parentPinId: pin.id,
    createdAt: now,
    shownCreatedAt: now,
    listedFrom: now,
    requestNumber: call.requestNumber,
  };
  call.store.commit({ put: 'pins', row });
  return { status: 201, body: pinView(call, row, { viewer: call.account, withMetrics: false }) };
}

export const pinWriteOperations = operationTable(
  { category: 'org_write', scopes: ['boards:read', 'boards:write', 'pins:read', 'pins:write'] },
  [
    ['pins/update', 'PATCH /pins/:pin_id', updatePin, { takesClientCredentials: true }],
    ['pins/save', 'POST /pins/:pin_id/save', savePin],
  ],
);
