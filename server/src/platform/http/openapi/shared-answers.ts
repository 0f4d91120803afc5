// Shares the error responses of the OpenAPI document: each distinct response is a component in `components.responses`,
// which operations reference.
import { STATUS_CODES } from 'node:http';
import { messagesResponse } from './openapi-webhooks.ts';

type Json = Record<string, unknown>;

interface Document {
  paths?: object;
  components?: { responses?: Json };
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Returns the document with each distinct response with status 400 or higher as a component. */
export function withSharedAnswers<Doc extends Document>(document: Doc): Doc {
  const names = new Map<string, string>();
  const responses: Json = {};

  /** Returns the name of the status, with a number for further responses with this status, in document order. */
  function nameOf(status: string, answer: unknown): string {
    const text = JSON.stringify(answer);
    const existing = names.get(text);
    if (existing) return existing;
    const base = (STATUS_CODES[status] ?? `Status ${status}`).replaceAll(/[^A-Za-z]/g, '');
    let name = base;
    for (let number = 2; name in responses; number += 1) name = `${base}${number}`;
    names.set(text, name);
    responses[name] = answer;
    return name;
  }

  function shared(operation: Json): Json {
    // Paths outside /v1 have other responses, without the envelope.
    if (operation.security) return operation;
    const entries = Object.entries(operation.responses as Json).map(([status, answer]) =>
      Number(status) < 400
        ? [status, answer]
        : [status, { $ref: `#/components/responses/${nameOf(status, answer)}` }],
    );
    return { ...operation, responses: Object.fromEntries(entries) };
  }

  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item as Json).map(([key, value]) => [
          key,
          methods.includes(key) ? shared(value as Json) : value,
        ]),
      ),
    ]),
  );
  const { [messagesResponse]: _registered, ...named } = document.components?.responses ?? {};
  return {
    ...document,
    paths,
    components: { ...document.components, responses: { ...responses, ...named } },
  };
}
