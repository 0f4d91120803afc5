// Formats JSON for diffs: two spaces of indentation, but references and short lists of values on one line.
// JSON.stringify writes each reference on three lines, so that a document grows when it shares more.

const lineLengthMax = 120;
const scalar = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/.source;
// Requires a line break, which JSON strings do not contain, so a string never matches.
const list = new RegExp(`^(.*)\\[\\n\\s*((?:${scalar})(?:,\\n\\s*(?:${scalar}))*)\\n\\s*\\]`, 'gm');
const reference = /\{\n\s*("\$ref": "[^"]*")\n\s*\}/g;

/** Returns the text of a JSON value, with a line break at the end. */
export function compactJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
    .replaceAll(reference, '{ $1 }')
    .replaceAll(list, (match: string, start: string, entries: string) => {
      const line = `${start}[${entries.replaceAll(/,\n\s*/g, ', ')}]`;
      return line.length < lineLengthMax ? line : match;
    });
  return `${text}\n`;
}
