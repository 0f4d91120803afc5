// Unions of objects that have a different literal `type` each.
import { z } from 'zod';

export interface UnionMember {
  type: string;
  /** Has `type` as a literal, and the id of its component in its metadata. */
  schema: z.ZodType;
}

/** Returns a union that client generators turn into a type discriminated by `type`. Later versions may add members. */
export function unionByType(about: { id: string; description: string }, members: readonly UnionMember[]) {
  const mapping = Object.fromEntries(
    members.map(({ type, schema }) => [type, `#/components/schemas/${schema.meta()?.id}`]),
  );
  return z.union(members.map(({ schema }) => schema)).meta({
    ...about,
    override: ({ jsonSchema }) => {
      // `type` determines the member, so exactly one matches.
      Object.assign(jsonSchema, {
        oneOf: jsonSchema.anyOf,
        discriminator: { propertyName: 'type', mapping },
        'x-open-enum': true,
      });
      delete jsonSchema.anyOf;
    },
  });
}
