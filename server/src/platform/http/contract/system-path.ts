// Pages and files outside /v1, which have no envelope and no rate limit, and mostly need no key. They are declared only
// for the OpenAPI document.
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
  /** The schema of a JSON body. Other bodies are text or bytes. */
  schema?: z.ZodType;
}

/** The operations by path, with `{name}` for parameters. All are GET. */
export type SystemPaths = Readonly<Record<string, SystemOperation>>;
