// The declaration of an endpoint. Validation, types, the serializer of its response and the OpenAPI document all follow
// from it.
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { RefusalMaker } from '../../errors.ts';
import type { Context, Result } from '../../use-case/index.ts';
import type { RouteStream } from './event-stream.ts';

/** The form with a file that a route accepts. */
export interface UploadDefinition {
  /** The requirements for the file, for people. */
  about: string;
  /** The other fields of the form; strict. */
  fields: z.ZodObject;
}

/** A form whose body has not been read. */
export interface Upload {
  /**
   * Reads the whole form. `take` is called once, with the file as a stream. The fields are returned at the end, because
   * they may follow the file.
   *
   * @throws Refusal for an invalid field or an incomplete form; and what `take` throws
   */
  read<Fields extends z.ZodObject>(
    fields: Fields,
    take: (file: Readable) => Promise<void>,
  ): Promise<z.output<Fields>>;
}

/** The input of a handler, validated and typed. */
export interface RouteInput<Params, Query, Body> {
  /** The context of the use case. */
  context: Context;
  params: Params;
  query: Query;
  /** Undefined when the request has a form; see `upload`. */
  body: Body;
  /** The form of the request, unread, for a route that accepts one. */
  upload: Upload | undefined;
  /** The header If-Match: the version that the caller expects. */
  ifMatch: string | undefined;
}

/** Where the entries of a list are in `data`. A list in pages also has the field and the parameter of the cursor. */
export interface Paging {
  items: string;
  next?: string;
  param?: string;
}

/** The paging of most lists. */
export const byCursor = (items: string): Paging => ({ items, next: 'cursor', param: 'cursor' });

/** A list that is returned whole. */
export const onOnePage = (items: string): Paging => ({ items });

/** An endpoint with its schemas and its handler. */
export interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Data extends z.ZodType,
> {
  operationId: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters are written `:name`. */
  path: string;
  /** The first line of its description. */
  summary: string;
  description?: string;
  tag: string;
  /** The scope that the caller needs, or several that it needs together; null if every valid key is accepted. */
  scope: string | readonly string[] | null;
  params?: Params;
  query?: Query;
  body?: Body;
  /** The maximum size of the body. Default: 1 MiB. */
  bodyBytesMax?: number;
  /** The maximum size of a JSON body outside its lists, for a route that accepts a long text. Default: 1 MiB. */
  outsideListsBytesMax?: number;
  /**
   * The media types accepted in addition to JSON (`text/csv`), each with a function that parses the bytes into a value that
   * `body` then validates. It may throw a refusal.
   */
  otherBodies?: Readonly<Record<string, (bytes: Buffer) => unknown>>;
  /** A form with a file, accepted in addition to JSON. The handler reads it. */
  upload?: UploadDefinition;
  /** The schema of `data` in the response; the envelope is added to it. */
  data: Data;
  status: 200 | 201 | 202;
  /** The response has a version, in the header ETag. Implied by a refusal with PRECONDITION_FAILED. */
  answersEtag?: true;
  /** Its refusals, in addition to those that every route can have. */
  refusals: readonly RefusalMaker[];
  /** The method of an SDK, as `group.method`, if tag and operationId do not produce a good one (openapi/operation-names.ts). */
  sdk?: string;
  /** The method of an SDK for each media type, if the operation accepts several. */
  sdkForms?: Readonly<Record<string, string>>;
  /** The entries of a list, and its pages. */
  paging?: Paging;
  /** The same data as Server-Sent Events, for requests that accept text/event-stream. */
  stream?: RouteStream<z.output<Params>, z.output<Query>>;
  handle(
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Result<z.input<Data>>>;
}

/** A route without the types of its input. */
export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Declares an endpoint. The schemas determine the types of the handler. */
export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Data extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Params, Query, Body, Data>): Route {
  // Handlers accept narrower input than `unknown`; the server calls them only with input that the schemas accept.
  return definition as unknown as Route;
}

/** The scopes that the caller of a route needs together. */
export function scopesOf({ scope }: Pick<Route, 'scope'>): readonly string[] {
  return scope === null ? [] : [scope].flat();
}
