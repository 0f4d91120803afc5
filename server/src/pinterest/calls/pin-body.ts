// The body of POST /pins, as callers pass it and as it is sent. Strict: a body that Pinterest would refuse is not sent.
// Callers must check the lengths of texts.
import { z } from 'zod';
import { Base64 } from '../wire/json-body.ts';

export type ImageContentType = 'image/jpeg' | 'image/png';

/** The texts of a slide of a carousel. */
interface SlideTexts {
  title?: string | null;
  description?: string | null;
  link?: string | null;
}

/** A picture that is sent within the request, as base64. */
export interface ImageFile {
  contentType: ImageContentType;
  bytes: Uint8Array;
}

export type VideoCover =
  | { type: 'image_url'; url: string }
  | ({ type: 'image_base64' } & ImageFile)
  /** Whole seconds; past the end Pinterest takes the last frame. */
  | { type: 'key_frame'; seconds: number };

export type PinSource =
  | ({ type: 'image_base64' } & ImageFile)
  | { type: 'image_url'; url: string }
  | {
      type: 'multiple_image_base64';
      items: (ImageFile & SlideTexts)[];
      index?: number;
    }
  | { type: 'multiple_image_urls'; items: ({ url: string } & SlideTexts)[]; index?: number }
  /** A video Pin without a cover is refused, though the document marks all cover fields optional (postiz, getlate.dev). */
  | { type: 'video_id'; mediaId: string; cover: VideoCover };

export interface CreatePinBody {
  boardId: string;
  boardSectionId?: string | null;
  title?: string | null;
  description?: string | null;
  link?: string | null;
  altText?: string | null;
  /**
   * `false` asks for a simplified Pin, which is for a closed list of beta users. Absent: not sent.
   * Carousels have no such field; for them it is not sent.
   */
  isStandard?: boolean;
  source: PinSource;
}

const digits = z.string().regex(/^\d{1,64}$/, 'must be digits');
const contentType = z.enum(['image/jpeg', 'image/png']);
const address = z.string().regex(/^https?:\/\/\S+$/i, 'must be an http(s) address');
const base64 = z.instanceof(Base64).refine(({ bytes }) => bytes.length > 0, 'must not be empty');
const slideTexts = {
  title: z.string().optional(),
  description: z.string().optional(),
  link: z.string().optional(),
};
const slides = <T extends z.ZodType>(item: T) => z.array(item).min(2).max(5);
const isStandard = z.boolean().optional();

const wireSource = z.discriminatedUnion('source_type', [
  z.strictObject({
    source_type: z.literal('image_base64'),
    content_type: contentType,
    data: base64,
    is_standard: isStandard,
  }),
  z.strictObject({ source_type: z.literal('image_url'), url: address, is_standard: isStandard }),
  z.strictObject({
    source_type: z.literal('multiple_image_base64'),
    items: slides(z.strictObject({ content_type: contentType, data: base64, ...slideTexts })),
    index: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({
    source_type: z.literal('multiple_image_urls'),
    items: slides(z.strictObject({ url: address, ...slideTexts })),
    index: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({
    source_type: z.literal('video_id'),
    media_id: digits,
    cover_image_url: address.optional(),
    cover_image_content_type: contentType.optional(),
    cover_image_data: base64.optional(),
    cover_image_key_frame_time: z.number().int().nonnegative().optional(),
    is_standard: isStandard,
  }),
]);

const wirePin = z.strictObject({
  board_id: digits,
  board_section_id: digits.optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  link: z.string().optional(),
  alt_text: z.string().optional(),
  media_source: wireSource,
});

export type Wired = { kind: 'ok'; wire: unknown } | { kind: 'invalid'; problem: string };

/** Says what is wrong by place and rule, never by value. */
export function toWirePin(body: CreatePinBody): Wired {
  const checked = wirePin.safeParse({
    board_id: body.boardId,
    ...present({
      board_section_id: body.boardSectionId,
      title: body.title,
      description: body.description,
      link: body.link,
      alt_text: body.altText,
    }),
    media_source: toWireSource(body.source, body.isStandard),
  });
  if (checked.success) return { kind: 'ok', wire: checked.data };
  const [issue] = checked.error.issues;
  return { kind: 'invalid', problem: `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'invalid'}` };
}

function toWireSource(source: PinSource, isStandard: boolean | undefined): Record<string, unknown> {
  const standard = present({ is_standard: isStandard });
  switch (source.type) {
    case 'image_base64':
      return {
        source_type: source.type,
        content_type: source.contentType,
        data: new Base64(source.bytes),
        ...standard,
      };
    case 'image_url':
      return { source_type: source.type, url: source.url, ...standard };
    case 'multiple_image_base64':
      return {
        source_type: source.type,
        ...present({ index: source.index }),
        items: source.items.map(({ contentType, bytes, ...texts }) => ({
          content_type: contentType,
          data: new Base64(bytes),
          ...present({ ...texts }),
        })),
      };
    case 'multiple_image_urls':
      return {
        source_type: source.type,
        ...present({ index: source.index }),
        items: source.items.map(({ url, ...texts }) => ({ url, ...present({ ...texts }) })),
      };
    case 'video_id':
      return {
        source_type: source.type,
        media_id: source.mediaId,
        ...toWireCover(source.cover),
        ...standard,
      };
  }
}

function toWireCover(cover: VideoCover): Record<string, unknown> {
  switch (cover.type) {
    case 'image_url':
      return { cover_image_url: cover.url };
    case 'image_base64':
      return { cover_image_content_type: cover.contentType, cover_image_data: new Base64(cover.bytes) };
    case 'key_frame':
      return { cover_image_key_frame_time: cover.seconds };
  }
}

/** Leaves out what is null or undefined: absent and null mean the same to POST /pins, and slides may not hold null. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
