// JSON for a jsonb column. The driver sends an array as a PostgreSQL array and a string as it is, neither of which is JSON;
// so the column types accept only values of `json`.
import { type RawBuilder, sql } from 'kysely';

declare const isJson: unique symbol;
export interface Json {
  readonly [isJson]: true;
}

export function json(value: unknown): RawBuilder<Json> {
  return sql<Json>`${JSON.stringify(value)}::jsonb`;
}
