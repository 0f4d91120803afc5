// JSON for jsonb columns. The driver would send an array as a PostgreSQL array and a string unquoted, so the column
// types accept only values of `json`.
import { type RawBuilder, sql } from 'kysely';

declare const isJson: unique symbol;
export interface Json {
  readonly [isJson]: true;
}

export function json(value: unknown): RawBuilder<Json> {
  return sql<Json>`${JSON.stringify(value)}::jsonb`;
}
