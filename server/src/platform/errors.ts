// The three ways in which something can go wrong, without any notion of HTTP.
//   Refusal: the caller can act on it. Declared once with `refusal`, thrown by features.
//   Outage:  a part we need is away; the same request may succeed later.
//   Anything else that is thrown is a bug: the log gets everything, the caller nothing but a request id.

/** The contract's error codes (docs/api-contract.md#ground-rules). `platform/http` alone maps them to a status. */
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

/** One thing that is wrong, and where. */
export interface Detail {
  /** The field as the caller wrote it, in dots: `carousel.0.mediaUrl`. Empty for the whole body. */
  path: string;
  /** Stable, for programs: `too_long`, `board_not_found`. */
  code: string;
  /** For people: what is wrong and what to do. */
  message: string;
}

/** The number of details that a response can usefully have; a broken program repeats one mistake a thousand times. */
export const detailsMax = 50;

/** The number of details that the last line of a shortened list stands for. */
const leftOut = new WeakMap<Detail, number>();

/**
 * Shortens a list of details for a response: the first ones, and a last one with the number of the rest. Everything that
 * turns input into details goes through it.
 * @param total The number of all details, where not all of them were created
 */
export function limitDetails(details: readonly Detail[], total = details.length): readonly Detail[] {
  if (total <= detailsMax) return details;
  const single = details.filter((detail) => !leftOut.has(detail));
  const shown = single.slice(0, detailsMax - 1);
  const before = details.reduce((sum, detail) => sum + (leftOut.get(detail) ?? 1), 0);
  const count = before + (total - details.length) - shown.length;
  const rest: Detail = { path: '', code: 'more', message: `And ${count} more that are not listed.` };
  leftOut.set(rest, count);
  return [...shown, rest];
}

/** The declaration of a refusal, from which OpenAPI and the documentation are generated. */
export interface RefusalDeclaration {
  code: ErrorCode;
  /** The name of this refusal, for programs: unique, in snake_case, and never changed. Several share a code. */
  reason: string;
  /** The public sentence. */
  message: string;
  /** The remedy, where the message does not say it. Sent as `error.hint`. */
  fix?: string;
  /** Seconds after which a retry makes sense, for the header Retry-After. */
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

/** A declared refusal: call it to create the error to throw. */
export interface RefusalMaker {
  (details?: readonly Detail[]): Refusal;
  readonly declaration: RefusalDeclaration;
}

/** Declares a refusal. Features keep theirs in `*.errors.ts`. */
export function refusal(declaration: RefusalDeclaration): RefusalMaker {
  return Object.assign((details?: readonly Detail[]) => new Refusal(declaration, details), { declaration });
}

/** A required part (database, Pinterest, storage) is not available. Answered as 503. */
export class Outage extends Error {
  override readonly name = 'Outage';
  /** The name of the part, for people: `The database`. Never a host name or a password. */
  readonly part: string;

  /** @param what What is wrong with it, as the rest of a sentence */
  constructor(part: string, cause?: unknown, what = 'cannot be reached now') {
    super(`${part} ${what}. Try again in a moment.`, { cause });
    this.part = part;
  }
}

/**
 * For work that goes on when a part of it fails: throws what failed, if anything did.
 * @param message Of the error that several are put into. One alone is thrown as it is.
 */
export function throwAll(errors: readonly unknown[], message: string): void {
  if (errors.length > 1) throw new AggregateError(errors, message);
  if (errors.length === 1) throw errors[0];
}
