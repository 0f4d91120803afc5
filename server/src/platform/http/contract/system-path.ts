// Pages and files outside /v1, which are served without the envelope, the rate limit and, mostly, a key. They are declared
// for the OpenAPI document only.
import type { z } from 'zod';

export interface SystemOperation {
  operationId: string;
  summary: string;
  description?: string;
  /** Path and query parameters, with a description each. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  responses: Readonly<Record<number, SystemAnswer>>;
}

export interface SystemAnswer {
  description: string;
  /** The media type. Omitted if the body is an error answer or empty. */
  type?: string;
  /** Of a JSON body; other bodies are text or bytes. */
  schema?: z.ZodType;
}

/** By path, with `{name}` for parameters. All are GET. */
export type SystemPaths = Readonly<Record<string, SystemOperation>>;
