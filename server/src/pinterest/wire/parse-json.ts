// JSON.parse that keeps whole numbers beyond 2^53 as strings. Ids are declared as strings of digits, but one
// that comes as a number must not be rounded to a neighbour's.

/** The type of JSON.parse with the third argument of its reviver, which TypeScript's library does not declare yet. */
type Parse = (
  text: string,
  reviver?: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

const parse = JSON.parse as Parse;

/** @returns undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    // The reviver costs several times the parsing, so it runs only when a long bare number may be there.
    return /[^"\d]\d{16,}|^\d{16,}/.test(text) ? parse(text, keepBigIntegers) : parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function keepBigIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}
