import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** SQL: whether the value of a column was encrypted with another key. It begins with the id of its key. */
export function isSealedOtherwise(column: string, keyId: Buffer): RawBuilder<SqlBool> {
  return sql<SqlBool>`substring(${sql.ref(column)} from 1 for ${keyId.length}::int) <> ${keyId}`;
}
