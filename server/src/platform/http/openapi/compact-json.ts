// JSON as people read it in a diff: two spaces of indentation, but a reference and a short list of values on one line. The
// form of JSON.stringify takes three lines for each reference, so that a document grows by what it shares.

const lineLengthMax = 120;
const scalar = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/.source;
// A line break inside: no text of JSON has one, so that none is taken for a list.
const list = new RegExp(`^(.*)\\[\\n\\s*((?:${scalar})(?:,\\n\\s*(?:${scalar}))*)\\n\\s*\\]`, 'gm');
const reference = /\{\n\s*("\$ref": "[^"]*")\n\s*\}/g;

/** The text of a JSON value, with a line break at the end. */
export function compactJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
    .replaceAll(reference, '{ $1 }')
    .replaceAll(list, (whole: string, before: string, entries: string) => {
      const line = `${before}[${entries.replaceAll(/,\n\s*/g, ', ')}]`;
      return line.length < lineLengthMax ? line : whole;
    });
  return `${text}\n`;
}
