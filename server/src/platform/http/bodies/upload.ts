// Reads a form with one file (multipart/form-data) as a stream: the file is never completely in memory or on the disk
// of this server. A route with `upload` accepts one in addition to JSON.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { type Refusal, refusal } from '../../errors.ts';
import { invalidBody, toDetails } from '../../use-case/index.ts';
import type { Route, Upload, UploadDefinition } from '../contract/route.ts';

export const formType = 'multipart/form-data';
/** The name of the field with the file. */
const fileField = 'file';

export const malformedForm = refusal({
  code: 'BAD_REQUEST',
  reason: 'malformed_form',
  message: 'The body is not a complete and valid multipart form',
});

/** Returns the schema of the form for the OpenAPI document. */
export function formSchema({ about, fields }: UploadDefinition): z.ZodType {
  return fields.extend({ [fileField]: z.file().meta({ description: about }) });
}

/** Passes forms to the handlers, unread. Only requests to routes that accept forms arrive here. */
export function passForms(app: FastifyInstance, routes: readonly Route[], clock: Clock): void {
  if (!routes.some((route) => route.upload)) return;
  app.addContentTypeParser(formType, (_request, payload, done) => {
    done(null, openUpload(payload, clock));
  });
}

const openUploads = new WeakSet<object>();

/** Returns true if the body is a form that has not been read, rather than JSON. */
export function isUpload(body: unknown): body is Upload {
  return typeof body === 'object' && body !== null && openUploads.has(body);
}

/** Forms have few and short fields. */
const limits = { files: 2, fields: 20, fieldNameSize: 100, fieldSize: 2000, headerPairs: 20, parts: 22 };
const stallCheckMs = 10_000;
/** A client that sends nothing during this many checks has disconnected or is hostile. */
const idleChecksMax = 6;
/**
 * The number of bytes read and discarded after a file was refused. Most clients read the response only after they have
 * sent everything, and would not see it if the connection were closed earlier.
 */
const drainedBytesMax = 64 * 1024 * 1024;

function openUpload(payload: IncomingMessage, clock: Clock): Upload {
  const upload: Upload = {
    async read(fields, take) {
      const form = await readForm(payload, take, clock);
      const result = fields.safeParse(form.fields, { reportInput: true });
      const details = result.success ? [] : [...toDetails(result.error.issues, fields)];
      if (!form.hasFile) {
        const message = `The file is required. Send it as a part named "${fileField}" with a file name.`;
        details.unshift({ path: fileField, code: 'required', message });
      }
      if (!result.success || details.length > 0) throw invalidBody(details);
      return result.data;
    },
  };
  openUploads.add(upload);
  return upload;
}

interface Form {
  fields: Record<string, string>;
  hasFile: boolean;
}

async function readForm(
  payload: IncomingMessage,
  take: (file: Readable) => Promise<void>,
  clock: Clock,
): Promise<Form> {
  const parser = openParser(payload);
  const form: Form = { fields: {}, hasFile: false };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let file: Readable | undefined;
  let taking = Promise.resolve();

  parser.on('field', (name, value, _isNameCut, isCut) => {
    // The field's schema then refuses its length.
    form.fields[name] = isCut ? `${value}…` : value;
  });
  parser.on('file', (name, stream) => {
    if (name !== fileField || form.hasFile) {
      stream.resume();
      // The schema refuses a file with another name, as an unknown field or one that must be text.
      if (name === fileField) reject(malformed('The form has more than one file. Send one.'));
      else form.fields[name] = '(a file)';
      return;
    }
    form.hasFile = true;
    file = stream;
    stream.on('error', () => {}); // `take` also receives the error, unless it has already ended.
    taking = take(stream);
    taking.catch(reject);
  });
  parser.on('error', (error) =>
    reject(malformed('The form is incomplete, or its parts cannot be separated.', error)),
  );
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => reject(malformed('The form has too many parts.')));
  }
  parser.on('finish', () => taking.then(resolve, reject));
  const onGone = () => reject(malformed('The connection was closed before the form was complete.'));
  if (payload.destroyed) onGone();
  payload.once('close', () => {
    if (!payload.complete) onGone();
  });
  const stopWatching = watch(payload, clock, () => reject(malformed('No data was received for a minute.')));
  payload.pipe(parser);
  try {
    await promise;
    return form;
  } catch (error) {
    payload.unpipe(parser);
    file?.destroy(error instanceof Error ? error : undefined);
    // `take` closes and removes the file before the response is sent.
    await taking.catch(() => {});
    drain(payload);
    throw error;
  } finally {
    stopWatching();
  }
}

function openParser(payload: IncomingMessage) {
  const headers = { ...payload.headers, 'content-type': payload.headers['content-type'] ?? '' };
  try {
    return new Busboy({ headers, limits });
  } catch (error) {
    drain(payload);
    throw malformed('The Content-Type has no boundary.', error);
  }
}

/** Counts bytes of the socket: while the storage is slow, the parser reads nothing although the client is sending. */
function watch({ socket }: IncomingMessage, clock: Clock, onIdle: () => void): () => void {
  let previous = socket.bytesRead;
  let idleChecks = 0;
  return clock.every(stallCheckMs, () => {
    idleChecks = socket.bytesRead === previous ? idleChecks + 1 : 0;
    previous = socket.bytesRead;
    if (idleChecks >= idleChecksMax) onIdle();
  });
}

function drain(payload: IncomingMessage): void {
  let bytes = 0;
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > drainedBytesMax) payload.destroy();
  });
  payload.on('error', () => {}); // The client may disconnect.
  payload.resume();
}

function malformed(message: string, cause?: unknown): Refusal {
  const error = malformedForm([{ path: '', code: 'malformed', message }]);
  error.cause = cause;
  return error;
}
