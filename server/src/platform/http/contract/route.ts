// What an endpoint says of itself. Validation, types, the answer's serializer and the OpenAPI document
// all come from this one declaration.
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { RefusalMaker } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Caller, Commit, Context, Result } from '../../use-case/index.ts';
import type { RouteStream } from './event-stream.ts';

/** What a route says of the forms that it takes. */
export interface UploadDefinition {
  /** What the file must be, for people. */
  about: string;
  /** The fields beside the file; strict. */
  fields: z.ZodObject;
}

/** A form that is still on its way. */
export interface Upload {
  /**
   * Reads all of it. `take` gets the file as a stream, once; the fields are there when all has come, since they may
   * stand behind the file.
   *
   * @throws Refusal for a bad field, or a form that is not whole; and what `take` throws
   */
  read<Fields extends z.ZodObject>(
    fields: Fields,
    take: (file: Readable) => Promise<void>,
  ): Promise<z.output<Fields>>;
}

/** What a handler is given: already checked, already typed. */
export interface RouteInput<Params, Query, Body> {
  caller: Caller;
  params: Params;
  query: Query;
  /** Undefined where a form came instead; see `upload`. */
  body: Body;
  /** A form with a file, unread, where one came to a route that takes it. */
  upload: Upload | undefined;
  /** What use cases are given. */
  context: Context;
  commit: Commit;
  /** The header If-Match: the version that the caller wants to change. */
  ifMatch: string | undefined;
  log: Log;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

export interface Paging {
  items: string;
  next: string;
  param: string;
}

/** The paging of most lists. */
export const byCursor = (items: string): Paging => ({ items, next: 'cursor', param: 'cursor' });

export interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Data extends z.ZodType,
> {
  operationId: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters. */
  path: string;
  /** The first line of its description. */
  summary: string;
  description?: string;
  tag: string;
  /** What the caller must be allowed to do; null: any valid credential will do. */
  scope: string | null;
  params?: Params;
  query?: Query;
  body?: Body;
  /** How large a body may be. 1 MiB unless given. */
  bodyBytesMax?: number;
  /**
   * Media types that it takes besides JSON (`text/csv`), each with what turns the bytes into the value that `body`
   * then checks. It may throw a refusal.
   */
  otherBodies?: Readonly<Record<string, (bytes: Buffer) => unknown>>;
  /** That it takes a form with a file besides JSON: the handler is given it unread, instead of a body. */
  upload?: UploadDefinition;
  /** What stands under `data`; the envelope is added here. */
  data: Data;
  status: 200 | 201 | 202;
  /** Its answer has a version, in the header ETag. Said also by a refusal with PRECONDITION_FAILED. */
  answersEtag?: true;
  /** What it may refuse, besides what every route may. */
  refusals: readonly RefusalMaker[];
  /** The method of an SDK, as `group.method`, where tag and operationId give a worse one (openapi/operation-names.ts). */
  sdk?: string;
  /** Of a list in pages: where its entries are in `data`, where the cursor is, and the query parameter that takes it. */
  paging?: Paging;
  /** The same as Server-Sent Events, for who accepts text/event-stream. */
  stream?: RouteStream<z.output<Params>, z.output<Query>>;
  handle(
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Result<z.input<Data>>>;
}

/** A route whose types have done their work. */
export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Declares an endpoint; gives the handler its types. */
export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Data extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Params, Query, Body, Data>): Route {
  // Handlers take narrower input than `unknown`; the server calls them only with what the schemas let through.
  return definition as unknown as Route;
}
