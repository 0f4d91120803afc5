// The body of POST /pins: the six sources and their limits, as in Pinterest's strict document.
import { z } from 'zod';
import { digits } from '../http/parse.ts';

const text = (maximum: number) => z.string().max(maximum).nullish();
const contentType = z.enum(['image/jpeg', 'image/png']);
// Plain base64: no data: prefix, no line breaks, no URL-safe alphabet.
const base64 = z
  .string()
  .min(1)
  .regex(/^[a-zA-Z0-9+/=]+$/);
const index = z.int().min(0).optional();
const isStandard = z.boolean().default(true);
const slide = {
  title: z.string().optional(),
  description: z.string().optional(),
  link: z.string().optional(),
};

export const mediaSource = z.discriminatedUnion('source_type', [
  z.strictObject({
    source_type: z.literal('image_base64'),
    content_type: contentType,
    data: base64,
    is_standard: isStandard,
  }),
  z.strictObject({ source_type: z.literal('image_url'), url: z.string().min(1), is_standard: isStandard }),
  z.strictObject({
    source_type: z.literal('multiple_image_base64'),
    items: z
      .array(z.strictObject({ content_type: contentType, data: base64, ...slide }))
      .min(2)
      .max(5),
    index,
  }),
  z.strictObject({
    source_type: z.literal('multiple_image_urls'),
    items: z
      .array(z.strictObject({ url: z.string().min(1), ...slide }))
      .min(2)
      .max(5),
    index,
  }),
  z.strictObject({
    source_type: z.literal('video_id'),
    media_id: digits,
    cover_image_url: z.string().min(1).optional(),
    cover_image_content_type: contentType.optional(),
    cover_image_data: z.string().min(1).optional(),
    cover_image_key_frame_time: z.int().min(0).optional(),
    is_standard: isStandard,
  }),
  z.strictObject({ source_type: z.literal('pin_url'), is_affiliate_link: z.boolean().default(false) }),
]);

export type MediaSource = z.infer<typeof mediaSource>;

export const aiDisclosures = z
  .strictObject({ values: z.array(z.enum(['AI_MODIFIED', 'SYNTHETIC_PERFORMER'])).max(10) })
  .optional();

export const pinTexts = {
  title: text(100),
  description: text(800),
  link: text(2_048),
  alt_text: text(500),
};

export const pinCreate = z.strictObject({
  board_id: digits,
  board_section_id: digits.nullish(),
  ...pinTexts,
  dominant_color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .nullish(),
  parent_pin_id: digits.nullish(),
  sponsor_id: digits.nullish(),
  ai_disclosures: aiDisclosures,
  media_source: mediaSource,
});

export type PinCreate = z.infer<typeof pinCreate>;
