import { expect, test } from 'vitest';
import { compactJson } from './compact-json.ts';

test('Compact JSON has references and short lists of values on one line, and parses to the same value', () => {
  const value = {
    schema: { $ref: '#/components/schemas/Post' },
    required: ['id', 'a "quoted", [1, 2]\n text', 1.5, true, null],
    nested: [{ $ref: '#/a' }, [], {}, [['deep']]],
    long: Array.from({ length: 40 }, (_, index) => `value ${index}`),
    text: 'A list [1,\n 2] in a text, and { "$ref": "#/a" }.',
  };
  const text = compactJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('  "schema": { "$ref": "#/components/schemas/Post" },\n');
  expect(text).toContain('  "required": ["id", "a \\"quoted\\", [1, 2]\\n text", 1.5, true, null],\n');
  expect(text).toContain('    "value 0",\n    "value 1",\n');
  expect(text.split('\n').every((line) => line.length <= 120)).toBe(true);
});
