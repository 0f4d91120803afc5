// Unions of objects with a different literal `type` each.
import { z } from 'zod';

export interface UnionMember {
  type: string;
  /** Has `type` as a literal. Its metadata have the id of its component. */
  schema: z.ZodType;
}

/** A union that generators of clients turn into a type that narrows by `type`. Later versions add members. */
export function unionByType(about: { id: string; description: string }, members: readonly UnionMember[]) {
  const mapping = Object.fromEntries(
    members.map(({ type, schema }) => [type, `#/components/schemas/${schema.meta()?.id}`]),
  );
  return z.union(members.map(({ schema }) => schema)).meta({
    ...about,
    override: ({ jsonSchema }) => {
      // A value is of one member: `type` decides.
      Object.assign(jsonSchema, {
        oneOf: jsonSchema.anyOf,
        discriminator: { propertyName: 'type', mapping },
        'x-open-enum': true,
      });
      delete jsonSchema.anyOf;
    },
  });
}
