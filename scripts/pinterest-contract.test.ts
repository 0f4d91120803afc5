import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deriveContract } from './pinterest-contract.ts';

const shared = new URL('../../shared/pinterest/', import.meta.url);
const [published, derived] = ['openapi.json', 'openapi.organic.strict.json'].map(
  (name) => new URL(name, shared),
);
const arePresent = [published, derived].every((file) => file && existsSync(file));

/** Removes the fields that no validator reads. */
function withoutProse(value: unknown): unknown {
  const prose = new Set([
    'example',
    'title',
    'description',
    'x-codeSamples',
    'x-derived',
    'x-tagGroups',
    'tags',
  ]);
  return JSON.parse(
    JSON.stringify(value, (key, part) => (prose.has(key) && !isSchema(part) ? undefined : part)),
  );
}

/** A property can have the name `title` or `description`. */
const isSchema = (part: unknown) =>
  typeof part === 'object' && part !== null && ('type' in part || '$ref' in part);

test.skipIf(!arePresent)('The derived contract equals the document that the conformance tests use', () => {
  const read = (file: URL | undefined) => JSON.parse(readFileSync(file as URL, 'utf8'));
  const contract = deriveContract(read(published)) as { components: { securitySchemes: object } };
  const expected = read(derived);
  expect(Object.keys(contract.components.securitySchemes)).toEqual(
    expect.arrayContaining(Object.keys(expected.components.securitySchemes)),
  );
  expect(withoutProse({ ...contract.components, securitySchemes: 0 })).toEqual(
    withoutProse({ ...expected.components, securitySchemes: 0 }),
  );
  expect(withoutProse((contract as { paths?: unknown }).paths)).toEqual(withoutProse(expected.paths));
});

test('a document of another shape is refused with what is missing', () => {
  expect(() => deriveContract({ openapi: '3.0.3', paths: {}, components: { schemas: {} } })).toThrow(
    /nothing at .* version 5\.23\.0/,
  );
});
