// The characters of texts and URLs that people do not see, and the sentences that name them.

/** Control characters, without tab and line breaks. */
const control = /(?![\t\n\r])\p{Cc}/u;

/** Characters without an image of their own: zero-width spaces, joiners, marks of direction, variation selectors, fillers. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** A character that is visible, which excludes every kind of space and the blank braille pattern. */
const visible = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Returns whether a text has no visible character. */
export function isBlank(text: string): boolean {
  return !visible.test(text);
}

/** Returns the problem of a text with a control character, or null. */
export function controlProblem(text: string): string | null {
  const index = text.search(control);
  return index < 0 ? null : `Contains the control character ${placeOf(text, index)}. Remove it.`;
}

/** Returns whether the character is white space, a control character or invisible. */
export function isUnseen(character: string): boolean {
  return /\s/u.test(character) || /\p{Cc}/u.test(character) || invisible.test(character);
}

/** Names the character at an index and its place: `U+200B at character 12`. The first character is number 1. */
export function placeOf(text: string, index: number): string {
  const code = text.codePointAt(index) ?? 0;
  const place = [...text.slice(0, index)].length + 1;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} at character ${place}`;
}
