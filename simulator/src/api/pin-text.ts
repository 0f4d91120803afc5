// The words of a Pin: what Pinterest checks in them, and the switch by which it tidies them.

import { badParameter } from '../http/refusal.ts';
import type { Settings } from '../settings.ts';

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
  given: {
    title?: string | null | undefined;
    description?: string | null | undefined;
    link?: string | null | undefined;
    alt_text?: string | null | undefined;
  },
  settings: Settings,
): PinTexts {
  checkLink(given.link);
  const tidy = settings.text === 'normalised' ? normalise : (text: string) => text;
  const orNull = (text: string | null | undefined) =>
    text === null || text === undefined ? null : tidy(text);
  return {
    title: orNull(given.title),
    description: orNull(given.description),
    link: given.link ?? null,
    altText: orNull(given.alt_text),
  };
}

/** Trims, folds blanks and unescapes, to try a client's matcher (docs/pinterest.md#simulated-behavior, no. 19). */
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
