// An event's id as callers see it. It is also the place in the log to read on from.

/** Nine characters hold every id that JavaScript counts exactly to, with room; equal lengths sort. */
const digits = 11;
const form = new RegExp(`^evt_[0-9a-z]{${digits}}$`);

export function toEventId(id: number): string {
  return `evt_${id.toString(36).padStart(digits, '0')}`;
}

/** Undefined for a text that is no event's id. */
export function fromEventId(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const id = Number.parseInt(text.slice('evt_'.length), 36);
  return Number.isSafeInteger(id) ? id : undefined;
}
