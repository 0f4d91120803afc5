// The texts of a Pin: validates them, and normalizes them when the `text` setting says so.
import { badParameter } from '../ground/refusal.ts';
import type { Settings } from '../ground/settings.ts';

export interface PinTexts {
  title: string | null;
  description: string | null;
  link: string | null;
  altText: string | null;
}

export function checkLink(link: string | null | undefined): void {
  if (link === null || link === undefined || link === '') return;
  const url = URL.parse(link);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw badParameter("Invalid request: 'link' is not a valid URL.");
  }
}

export function pinTextsFrom(
  input: {
    title?: string | null | undefined;
    description?: string | null | undefined;
    link?: string | null | undefined;
    alt_text?: string | null | undefined;
  },
  settings: Settings,
): PinTexts {
  checkLink(input.link);
  const tidy = settings.text === 'normalised' ? normalise : (text: string) => text;
  const orNull = (text: string | null | undefined) =>
    text === null || text === undefined ? null : tidy(text);
  return {
    title: orNull(input.title),
    description: orNull(input.description),
    link: input.link ?? null,
    altText: orNull(input.alt_text),
  };
}

/** Trims, collapses whitespace and unescapes, to test how a client matches texts (docs/pinterest.md#simulated-behavior, no. 19). */
function normalise(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}
