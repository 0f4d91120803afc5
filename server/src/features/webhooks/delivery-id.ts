// A delivery's id as callers see it.
const digits = 11;
const form = new RegExp(`^whd_[0-9a-z]{${digits}}$`);

export function toDeliveryId(id: number): string {
  return `whd_${id.toString(36).padStart(digits, '0')}`;
}

/** Undefined for a text that is no delivery's id. */
export function fromDeliveryId(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const id = Number.parseInt(text.slice('whd_'.length), 36);
  return Number.isSafeInteger(id) ? id : undefined;
}
