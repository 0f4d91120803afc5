// The envelope of every response under /v1 (docs/api-contract.md#compatibility, docs/api-contract.md#ground-rules).
import { z } from 'zod';
import type { Detail, Refusal, RefusalDeclaration } from '../../errors.ts';
import type { Warning } from '../../use-case/index.ts';

/** Accepted input that needs attention. */
export const warning = z.object({
  code: z.string().meta({ description: 'Stable, for programs.' }),
  message: z.string().meta({ description: 'For people.' }),
});

const successMeta = z
  .object({
    requestId: z.string().meta({
      description: 'Unique request id for debugging; also in the `X-Request-Id` header and in the log.',
      example: 'req_01kav8w5v8e6nb1vkh5tq4j1aa',
    }),
    warnings: z.array(warning).optional().meta({
      description: 'Accepted input that needs attention.',
    }),
  })
  .meta({ id: 'Meta' });

/** Returns the schema of a successful response with this `data`. */
export function successSchema(data: z.ZodType): z.ZodType {
  return z.object({ data, meta: successMeta });
}

/** The schema of every error response. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'Error code.', example: 'BAD_REQUEST' }),
      reason: z.string().meta({
        description: 'The stable name of this refusal, for programs. Several refusals share a code.',
        example: 'invalid_body',
      }),
      message: z.string().meta({ description: 'The problem, for people.' }),
      hint: z.string().optional().meta({ description: 'The remedy, for people.' }),
      details: z
        .array(
          z.object({
            path: z.string().meta({
              description: 'The path of the field, with dots. Empty for the whole body.',
              example: 'title',
            }),
            code: z.string().meta({ description: 'Stable, for programs.', example: 'too_long' }),
            message: z.string().meta({ description: 'The problem and the remedy, for people.' }),
          }),
        )
        .optional()
        .meta({
          description:
            'One entry for each invalid field, at most 50. If there are more, the last entry (`more`) has the number of the others.',
        }),
    }),
    meta: z.object({ requestId: z.string().meta({ description: 'Unique request id for debugging.' }) }),
  })
  .meta({ id: 'ErrorAnswer' });

/** Returns the body of a successful response. */
export function success(data: unknown, requestId: string, warnings: readonly Warning[] = []) {
  return { data, meta: warnings.length > 0 ? { requestId, warnings } : { requestId } };
}

export interface ErrorEnvelope {
  error: { code: string; reason: string; message: string; hint?: string; details?: readonly Detail[] };
  meta: { requestId: string };
}

/** Returns the part of an error response that depends only on the declaration. */
export function toError({ code, reason, message, fix }: RefusalDeclaration) {
  return { code, reason, message, ...(fix !== undefined && { hint: fix }) };
}

/** Returns the body of an error response. */
export function failure(refusal: Refusal, requestId: string): ErrorEnvelope {
  const { details } = refusal;
  const error = { ...toError(refusal.declaration), ...(details.length > 0 && { details }) };
  return { error, meta: { requestId } };
}
