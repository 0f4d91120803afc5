// A form with one file (multipart/form-data), handed on as it arrives: neither memory nor disk of this server ever
// holds more of it than what is on its way. A route says `upload` to take one besides JSON.
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
/** The name of the field that holds the file. */
const fileField = 'file';

export const malformedForm = refusal({
  code: 'BAD_REQUEST',
  reason: 'malformed_form',
  message: 'The body is not a whole and valid multipart form',
});

/** The form as the OpenAPI document shows it. */
export function formSchema({ about, fields }: UploadDefinition): z.ZodType {
  return fields.extend({ [fileField]: z.file().meta({ description: about }) });
}

/** Lets forms through, unread; only those to routes that take them get here. */
export function passForms(app: FastifyInstance, routes: readonly Route[], clock: Clock): void {
  if (!routes.some((route) => route.upload)) return;
  app.addContentTypeParser(formType, (_request, payload, done) => {
    done(null, openUpload(payload, clock));
  });
}

const openUploads = new WeakSet<object>();

/** Whether this body is a form that is on its way, rather than JSON. */
export function isUpload(body: unknown): body is Upload {
  return typeof body === 'object' && body !== null && openUploads.has(body);
}

/** A form has few fields and they are short. */
const limits = { files: 2, fields: 20, fieldNameSize: 100, fieldSize: 2000, headerPairs: 20, parts: 22 };
const stallCheckMs = 10_000;
/** A client that sends nothing during this many checks has gone, or is hostile. */
const idleLooksMax = 6;
/**
 * How much more is read, to no end, from a client whose file was refused: most listen for an answer only after they
 * have sent all, and one that is cut off before learns nothing.
 */
const drainedBytesMax = 64 * 1024 * 1024;

function openUpload(payload: IncomingMessage, clock: Clock): Upload {
  const upload: Upload = {
    async read(fields, take) {
      const form = await readForm(payload, take, clock);
      const result = fields.safeParse(form.fields, { reportInput: true });
      const details = result.success ? [] : [...toDetails(result.error.issues, fields)];
      if (!form.hasFile) {
        const message = `The file itself, as a part named "${fileField}" with a file name, is required.`;
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
    // Its schema will say how long it may be.
    form.fields[name] = isCut ? `${value}…` : value;
  });
  parser.on('file', (name, stream) => {
    if (name !== fileField || form.hasFile) {
      stream.resume();
      // A file under another name is an unknown field, or a field that must be text.
      if (name === fileField) reject(malformed('There is more than one file in it. Send one.'));
      else form.fields[name] = '(a file)';
      return;
    }
    form.hasFile = true;
    file = stream;
    stream.on('error', () => {}); // `take` gets the error too, and may have ended already.
    taking = take(stream);
    taking.catch(reject);
  });
  parser.on('error', (error) =>
    reject(malformed('It is incomplete, or its parts cannot be separated.', error)),
  );
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => reject(malformed('It has too many parts.')));
  }
  parser.on('finish', () => taking.then(resolve, reject));
  const gone = () => reject(malformed('The connection was closed before all of it had come.'));
  if (payload.destroyed) gone();
  payload.once('close', () => {
    if (!payload.complete) gone();
  });
  const stopWatching = watch(payload, clock, () => reject(malformed('Nothing of it came for a minute.')));
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
    throw malformed('Its Content-Type has no boundary.', error);
  }
}

/** Bytes on the socket count: while the disk is slow nothing is read, and something is still on its way. */
function watch({ socket }: IncomingMessage, clock: Clock, onIdle: () => void): () => void {
  let before = socket.bytesRead;
  let idleLooks = 0;
  return clock.every(stallCheckMs, () => {
    idleLooks = socket.bytesRead === before ? idleLooks + 1 : 0;
    before = socket.bytesRead;
    if (idleLooks >= idleLooksMax) onIdle();
  });
}

function drain(payload: IncomingMessage): void {
  let bytes = 0;
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > drainedBytesMax) payload.destroy();
  });
  payload.on('error', () => {}); // The connection was cut, which is known.
  payload.resume();
}

function malformed(message: string, cause?: unknown): Refusal {
  const error = malformedForm([{ path: '', code: 'malformed', message }]);
  error.cause = cause;
  return error;
}
