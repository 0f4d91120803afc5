// The three kinds of error, independent of HTTP.
//   Refusal: the caller can act on it. Declared once with `refusal`, thrown by features.
//   Outage:  a required part is unavailable; the same request may succeed later.
//   Any other error is a bug: it is logged, and the caller receives only a request id.

/** The error codes of the API (docs/api-contract.md#ground-rules). Only `platform/http` maps them to a status. */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'IDEMPOTENCY_IN_PROGRESS'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNPROCESSABLE_ENTITY'
  | 'RATE_LIMIT_EXCEEDED'
  | 'INTERNAL_ERROR'
  | 'SERVICE_UNAVAILABLE';

/** One problem of the input and its location. */
export interface Detail {
  /** The path of the field, with dots: `carousel.0.mediaUrl`. Empty for the whole body. */
  path: string;
  /** Stable, for programs: `too_long`, `board_not_found`. */
  code: string;
  /** The problem and the remedy, for people. */
  message: string;
}

/** A broken client may repeat one mistake a thousand times. */
export const detailsMax = 50;

/** The number of omitted details, by the last detail of a shortened list. */
const omittedCounts = new WeakMap<Detail, number>();

/**
 * Shortens a list of details for a response: the first ones, then one with the number of omitted details.
 * @param total The number of all problems, if `details` does not contain all of them
 */
export function limitDetails(details: readonly Detail[], total = details.length): readonly Detail[] {
  if (total <= detailsMax) return details;
  const single = details.filter((detail) => !omittedCounts.has(detail));
  const shown = single.slice(0, detailsMax - 1);
  const all = details.reduce((sum, detail) => sum + (omittedCounts.get(detail) ?? 1), 0);
  const count = all + (total - details.length) - shown.length;
  const more: Detail = { path: '', code: 'more', message: `And ${count} more that are not listed.` };
  omittedCounts.set(more, count);
  return [...shown, more];
}

/** The declaration of a refusal, from which OpenAPI and the documentation are generated. */
export interface RefusalDeclaration {
  code: ErrorCode;
  /** The name of this refusal, for programs: unique, in snake_case, never changed. Several refusals share a code. */
  reason: string;
  /** The public sentence. */
  message: string;
  /** The remedy, if the message does not contain it. Sent as `error.hint`. */
  fix?: string;
  /** The value of the header Retry-After. */
  retryAfterSeconds?: number;
}

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly declaration: RefusalDeclaration;
  readonly details: readonly Detail[];

  constructor(declaration: RefusalDeclaration, details: readonly Detail[] = []) {
    super(declaration.message);
    this.declaration = declaration;
    this.details = limitDetails(details);
  }
}

/** A declared refusal. Call it to create the error to throw. */
export interface RefusalMaker {
  (details?: readonly Detail[]): Refusal;
  readonly declaration: RefusalDeclaration;
}

/** Declares a refusal. Features declare theirs in `*.errors.ts`. */
export function refusal(declaration: RefusalDeclaration): RefusalMaker {
  return Object.assign((details?: readonly Detail[]) => new Refusal(declaration, details), { declaration });
}

/** A required part (database, Pinterest, storage) is unavailable. Answered with 503. */
export class Outage extends Error {
  override readonly name = 'Outage';
  /** The name of the part, for people: `The database`. Never contains a host name or a password. */
  readonly part: string;

  /** @param what The predicate of the message, whose subject is `part` */
  constructor(part: string, cause?: unknown, what = 'cannot be reached now') {
    super(`${part} ${what}. Try again in a moment.`, { cause });
    this.part = part;
  }
}

/**
 * Throws the collected errors of work that continued after a failure. Does nothing if there are none.
 * @param message The message of the AggregateError. A single error is thrown as it is
 */
export function throwAll(errors: readonly unknown[], message: string): void {
  if (errors.length > 1) throw new AggregateError(errors, message);
  if (errors.length === 1) throw errors[0];
}
