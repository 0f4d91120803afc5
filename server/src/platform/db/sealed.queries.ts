import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** Whether what a column holds was encrypted with another key: the key's id stands at the beginning. */
export function isSealedOtherwise(column: string, keyId: Buffer): RawBuilder<SqlBool> {
  return sql<SqlBool>`substring(${sql.ref(column)} from 1 for ${keyId.length}::int) <> ${keyId}`;
}
