// Adds the values of `error.code`, `error.reason` and `error.details[].code` to the schema of error responses, for
// completion in clients. Later versions may add values.
import { statusOf } from '../contract/refusals.ts';
import type { Route } from '../contract/route.ts';
import { refusalsOf } from './openapi-answers.ts';

type Json = Record<string, unknown>;

interface ErrorAnswer {
  properties: {
    error: { properties: { code: Json; reason: Json; details: { items: { properties: { code: Json } } } } };
  };
}

interface Document {
  components?: { schemas?: object };
}

export function nameErrorCodes(
  document: Document,
  routes: readonly Route[],
  detailCodes: readonly string[],
): void {
  const { ErrorAnswer } = (document.components?.schemas ?? {}) as { ErrorAnswer?: ErrorAnswer };
  if (!ErrorAnswer) return;
  const { code, reason, details } = ErrorAnswer.properties.error.properties;
  const reasons = new Set(routes.flatMap(refusalsOf).map(({ declaration }) => declaration.reason));
  setValues(code, Object.keys(statusOf));
  setValues(reason, [...reasons].sort());
  setValues(details.items.properties.code, [...new Set(detailCodes)].sort());
}

function setValues(schema: Json, values: readonly string[]): void {
  Object.assign(schema, { enum: values, 'x-open-enum': true });
}
