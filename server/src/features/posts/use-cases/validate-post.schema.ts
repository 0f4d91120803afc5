// The body and the answer of validate. The body is that of create; only its types are validated here, and the checks
// report all other problems.
import { z } from 'zod';
import type { Clock } from '../../../platform/clock.ts';
import { withoutAbsentFields } from '../compose/absent-fields.ts';
import { createPostObject } from '../compose/create-post.schema.ts';

export function validatePostBody(clock: Clock) {
  const { shape } = createPostObject(clock);
  const fields = Object.entries(shape).map(
    ([name, schema]) => [name, shapeOnly(schema as z.ZodType)] as const,
  );
  const body = z.strictObject(Object.fromEntries(fields)).meta({
    id: 'ValidatePost',
    description: 'The body of create. An exceeded limit is reported as a failed check.',
  });
  return z.preprocess(withoutAbsentFields, body);
}

export type ValidatePost = z.output<ReturnType<typeof validatePostBody>>;

/** The same type of JSON without its limits. */
function shapeOnly(schema: z.ZodType): z.ZodType {
  const description = schema.meta()?.description;
  const loose = looseType(underneath(schema)).optional();
  return description === undefined ? loose : loose.meta({ description });
}

function looseType(schema: z.ZodType): z.ZodType {
  switch (schema.def.type) {
    case 'boolean':
      return z.boolean();
    case 'number':
      return z.number();
    case 'array':
      return z.array(z.unknown());
    case 'object':
      return z.looseObject({});
    default:
      return z.string();
  }
}

/** The schema inside optional, default and pipe. */
function underneath(schema: z.ZodType): z.ZodType {
  const def = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = def.innerType ?? def.in;
  return inner ? underneath(inner) : schema;
}

const names = [
  'fields',
  'access',
  'board',
  'externalId',
  'media',
  'time',
  'account',
  'url',
  'spacing',
  'duplicate',
  'productTags',
] as const;

const CheckView = z
  .object({
    name: z
      .enum(names)
      .meta({ description: 'The name of the check. A check with several findings appears several times.' }),
    status: z.enum(['passed', 'warning', 'failed']).meta({
      description:
        '`failed`: creating or publishing would refuse it. `warning`: accepted, but deserves attention.',
    }),
    code: z.string().nullable().meta({ description: 'Stable, for programs; null when it passed.' }),
    message: z.string().meta({ description: 'The finding, for people.' }),
    remediation: z.string().nullable().meta({ description: 'The remedy; null when it passed.' }),
  })
  .meta({ id: 'PostCheck' });
export type Check = z.input<typeof CheckView>;

export const ValidateAnswer = z
  .object({
    ok: z.boolean().meta({ description: 'Whether no check failed.' }),
    checks: z.array(CheckView),
  })
  .meta({ id: 'PostValidation' });
