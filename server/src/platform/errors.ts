// The three ways in which something can go wrong, without any notion of HTTP.
//   Refusal: the caller can act on it. Declared once with `refusal`, thrown by features.
//   Outage:  a part we need is away; the same request may succeed later.
//   Anything else that is thrown is a bug: the log gets everything, the caller nothing but a request id.

/** The contract's error codes (api.md, section 1). `platform/http` alone maps them to a status. */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
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

/** What is said once about a refusal; OpenAPI and the documentation follow from it. */
export interface RefusalDeclaration {
  code: ErrorCode;
  /** The public sentence. */
  message: string;
  /** What the caller can do, where the sentence does not say it already. */
  fix?: string;
  /** After how many seconds it is worth trying again; told in the header Retry-After. */
  retryAfterSeconds?: number;
}

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly declaration: RefusalDeclaration;
  readonly details: readonly Detail[];

  constructor(declaration: RefusalDeclaration, details: readonly Detail[] = []) {
    super(declaration.message);
    this.declaration = declaration;
    this.details = details;
  }
}

/** A declared refusal: call it to make the error to throw. */
export interface RefusalMaker {
  (details?: readonly Detail[]): Refusal;
  readonly declaration: RefusalDeclaration;
}

/** Declares a refusal. Features keep theirs in `*.errors.ts`. */
export function refusal(declaration: RefusalDeclaration): RefusalMaker {
  return Object.assign((details?: readonly Detail[]) => new Refusal(declaration, details), { declaration });
}

/** A part we need (database, Pinterest, storage) cannot be reached now. Answered as 503. */
export class Outage extends Error {
  override readonly name = 'Outage';
  /** What is away, for people: `The database`. Never a host name or a password. */
  readonly part: string;

  /** @param what What is wrong with it, as the rest of a sentence */
  constructor(part: string, cause?: unknown, what = 'cannot be reached now') {
    super(`${part} ${what}. Try again in a moment.`, { cause });
    this.part = part;
  }
}
