// Finds the Pins on a board that a lost create may have made. Pinterest stores no reference of ours, so the fields that
// we sent are compared with the fields of each Pin.
import type { Pin } from '../../../pinterest/index.ts';
import { normaliseText } from '../../posts/index.ts';

export interface Attempt {
  title: string | null;
  description: string | null;
  url: string | null;
  altText: string | null;
  mediaKind: 'image' | 'video' | 'carousel';
  startedAt: Date;
}

/** How far Pinterest's clock may be behind ours. */
const skewMs = 2 * 60 * 1000;

/** Returns the Pins that this attempt may have created. */
export function matchingPins(attempt: Attempt, pins: readonly Pin[]): Pin[] {
  const same = (ours: string | null, theirs: string | null) => normaliseText(ours) === normaliseText(theirs);
  return pins.filter(
    (pin) =>
      pin.isOwner !== false &&
      (pin.createdAt === null || pin.createdAt.getTime() >= attempt.startedAt.getTime() - skewMs) &&
      same(attempt.title, pin.title) &&
      same(attempt.description, pin.description) &&
      same(attempt.url, pin.link) &&
      same(attempt.altText, pin.altText) &&
      (pin.mediaKind === 'unknown' || pin.mediaKind === attempt.mediaKind),
  );
}
