// The place where videos are uploaded: as S3, on another port, with S3's manners and errors in XML.
// It knows nothing of tokens, and refuses them (docs/pinterest.md#media).

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { uploadParametersOf } from '../api/media.ts';
import { uploadOperation } from '../api/operations.ts';
import type { Fault } from '../http/faults.ts';
import type { LedgerEntry } from '../http/ledger.ts';
import { pause } from '../http/pause.ts';
import { newRequestId } from '../http/request-id.ts';
import type { Media } from '../store/model.ts';
import type { World } from '../world.ts';
import { readUploadForm, type UploadForm } from './form.ts';

class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function createUploadServer(world: World): Server {
  return createServer((request, response) => {
    void serve(world, request, response).catch((error: unknown) => {
      if (!response.headersSent && !response.destroyed) {
        sendError(response, new S3Error(500, 'InternalError', 'We encountered an internal error.'));
      }
      console.error('simulator: upload:', error);
    });
  });
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const entry = enter(world, request);
  response.once('close', () => {
    entry.durationMs = Math.round((performance.now() - startedAt) * 100) / 100;
    if (entry.answer === 'pending') entry.answer = response.writableFinished ? 'sent' : 'none';
    if (entry.answer === 'sent') entry.status = response.statusCode;
  });
  const call = { operation: uploadOperation, accountId: null };
  if (await struck(world, world.faults.strike('before', call), entry, request, response)) return;
  try {
    requireManners(request);
    const form = await readUploadForm(request, world.settings().media.sizeBytesMax).catch(() => {
      throw new S3Error(
        400,
        'MalformedPOSTRequest',
        'The body of your POST request is not well-formed multipart/form-data.',
      );
    });
    const media = accept(world, form);
    entry.accountId = media.accountId;
    entry.body = { key: media.key, sizeBytes: media.sizeBytes };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    // The rest of the body is read and forgotten: a caller still sending would not see the answer.
    request.resume();
    sendError(response, error);
    return;
  }
  if (await struck(world, world.faults.strike('after', call), entry, request, response)) return;
  response.writeHead(204, { 'x-amz-request-id': entry.requestId }).end();
}

function enter(world: World, request: IncomingMessage): LedgerEntry {
  return world.ledger.open({
    at: world.clock.now().toISOString(),
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0]?.slice(0, 500) ?? '',
    query: {},
    operation: uploadOperation,
    environment: null,
    accountId: null,
    appId: null,
    body: null,
    status: null,
    durationMs: null,
    faults: [],
    answer: 'pending',
    requestId: newRequestId(),
  });
}

/** What S3 wants of the request itself, before a byte of the body counts. */
function requireManners(request: IncomingMessage): void {
  const { headers } = request;
  if (request.method !== 'POST') {
    throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
  if (headers.authorization !== undefined) {
    throw new S3Error(
      400,
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    );
  }
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(headers['content-type'] ?? '')) {
    throw new S3Error(
      412,
      'PreconditionFailed',
      'Bucket POST must be of the enclosure-type multipart/form-data',
    );
  }
  if (headers['content-length'] === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
}

/** Checks the form against what was registered, and sets the course of the media's status. */
function accept(world: World, form: UploadForm): Media {
  const key = form.fields.get('key');
  if (key === undefined) {
    throw new S3Error(
      400,
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    );
  }
  const media = [...world.store.rows.media.values()].find((row) => row.key === key);
  if (media === undefined)
    throw new S3Error(403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed');
  for (const [name, value] of Object.entries(uploadParametersOf(media))) {
    const given = form.fields.get(name.toLowerCase());
    if (given === undefined) {
      throw new S3Error(
        403,
        'AccessDenied',
        `Invalid according to Policy: the field ${name} is missing, or comes after the file.`,
      );
    }
    if (given !== value) {
      throw new S3Error(
        403,
        'SignatureDoesNotMatch',
        `The request signature we calculated does not match the signature you provided. Check ${name}.`,
      );
    }
  }
  if (world.clock.nowMs() >= Date.parse(media.policyExpiresAt)) {
    throw new S3Error(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.');
  }
  if (form.file === null || form.hasTwoFiles) {
    throw new S3Error(400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
  }
  if (form.isTooLarge) {
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  const row = withStatusWalk(world, media, form.file);
  world.store.commit({ put: 'media', row });
  return row;
}

function withStatusWalk(world: World, media: Media, file: NonNullable<UploadForm['file']>): Media {
  const { registeredSeconds, processingSeconds, outcome } = world.settings().media;
  const nowMs = world.clock.nowMs();
  const after = (seconds: number) => new Date(nowMs + seconds * 1_000).toISOString();
  return {
    ...media,
    uploadedAt: after(0),
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    processingAt: after(registeredSeconds),
    finishedAt: outcome === 'stuck' ? null : after(registeredSeconds + processingSeconds),
    // What is no video fails, and no reason is given (docs/pinterest.md#media).
    outcome: file.isVideo && outcome !== 'failed' ? 'succeeded' : 'failed',
  };
}

/** Applies faults on the upload. True when one of them took the answer's place. */
async function struck(
  world: World,
  faults: readonly Fault[],
  entry: LedgerEntry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  for (const fault of faults) {
    entry.faults.push(`${fault.kind} ${fault.when}`);
    if (fault.kind === 'delay') {
      await pause(fault.delayMs, world.closing);
    } else if (fault.kind === 'status') {
      request.resume();
      sendError(
        response,
        new S3Error(fault.status ?? 503, 'SlowDown', fault.message ?? 'Please reduce your request rate.'),
      );
      return true;
    } else {
      entry.answer = 'none';
      request.socket.resetAndDestroy();
      return true;
    }
  }
  return world.closing.aborted;
}

function sendError(response: ServerResponse, error: S3Error): void {
  const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${text(error.message)}</Message><RequestId>${newRequestId()}</RequestId></Error>`;
  response.writeHead(error.status, { 'content-type': 'application/xml', connection: 'close' }).end(body);
}
