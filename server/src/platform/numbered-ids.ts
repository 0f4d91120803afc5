// Ids of rows that the database numbers, as callers see them: a prefix, and the number in base 36. They sort by it.

/** The largest safe integer has 11 digits in base 36. All ids have that length, so that they sort as texts. */
const digits = 11;

export interface NumberedIds {
  to(number: number): string;
  /** Undefined for a text that is not such an id. */
  from(text: string): number | undefined;
}

export function numberedIdsOf(prefix: string): NumberedIds {
  const form = new RegExp(`^${prefix}_[0-9a-z]{${digits}}$`);
  return {
    to: (number) => `${prefix}_${number.toString(36).padStart(digits, '0')}`,
    from(text) {
      if (!form.test(text)) return undefined;
      const number = Number.parseInt(text.slice(prefix.length + 1), 36);
      return Number.isSafeInteger(number) ? number : undefined;
    },
  };
}
