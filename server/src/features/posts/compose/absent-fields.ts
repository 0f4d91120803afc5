// The body of a create as clients send it: null and an empty id mean that a field is absent, and a post that was read can be
// sent back.

/** Fields of a post in an answer that Pintail sets. A body has them only if it is a copy of an answer, with the id of a post. */
const setByPintail = [
  'id',
  'status',
  'sentAt',
  'createdAt',
  'updatedAt',
  'pinId',
  'pinUrl',
  'sourceMediaUrl',
  'media',
  'missed',
  'failure',
  'nextAttemptAt',
  'attempts',
  'publication',
] as const;

const ids = new Set(['boardId', 'boardSectionId', 'mediaId', 'externalId']);

type Body = Record<string, unknown>;

/** Returns the body without its absent fields, at every depth. Anything but an object is returned unchanged. */
export function withoutAbsentFields(body: unknown): unknown {
  if (!isObject(body)) return body;
  const fields = isCopyOfAnswer(body) ? withoutAnswerFields(body) : body;
  const present = Object.entries(fields).filter(([name, value]) => !isAbsent(name, value));
  return Object.fromEntries(present.map(([name, value]) => [name, nested(name, value)]));
}

function isAbsent(name: string, value: unknown): boolean {
  return value === null || (value === '' && ids.has(name));
}

function nested(name: string, value: unknown): unknown {
  if (name === 'cover') return withoutAbsentFields(value);
  const isList = (name === 'carousel' || name === 'intervalBoards') && Array.isArray(value);
  return isList ? value.map(withoutAbsentFields) : value;
}

function isCopyOfAnswer({ id }: Body): boolean {
  return typeof id === 'string' && id.startsWith('post_');
}

function withoutAnswerFields(body: Body): Body {
  // In an answer, `mediaUrl` of a carousel is its first picture.
  const media = Array.isArray(body.carousel) ? ['mediaUrl'] : [];
  const left = new Set<string>([...setByPintail, ...media]);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !left.has(name)));
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
