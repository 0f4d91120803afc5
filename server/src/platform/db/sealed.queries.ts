import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** SQL condition: the value of the column was encrypted with another key. Encrypted values begin with the id of their key. */
export function isSealedOtherwise(column: string, keyId: Buffer): RawBuilder<SqlBool> {
  return sql<SqlBool>`substring(${sql.ref(column)} from 1 for ${keyId.length}::int) <> ${keyId}`;
}
