// Public ids of rows that the database numbers: a prefix and the number in base 36. They sort like the numbers.

/** The number of base 36 digits of the largest safe integer. All ids have this length, so that they sort as text. */
const digits = 11;

export interface NumberedIds {
  to(number: number): string;
  /** Returns undefined if the text is not such an id. */
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
