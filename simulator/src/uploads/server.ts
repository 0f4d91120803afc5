// The server that receives video uploads. Like S3 it has another port, S3's rules and errors in XML. It refuses tokens (docs/pinterest.md#media).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { uploadParametersOf } from '../api/media.ts';
import { uploadOperation } from '../api/operations.ts';
import type { Clock } from '../ground/clock.ts';
import { pause } from '../ground/pause.ts';
import { newRequestId } from '../ground/request-id.ts';
import type { Fault, FaultBook } from '../http/faults.ts';
import type { Ledger, LedgerEntry } from '../http/ledger.ts';
import type { Media } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Switches } from '../store/switches.ts';
import { readUploadForm, type UploadForm } from './form.ts';

export interface UploadParts extends Pick<Switches, 'settings'> {
  store: Store;
  clock: Clock;
  ledger: Ledger;
  faults: FaultBook;
  /** Aborted when the simulator closes, which ends delays early. */
  closing: AbortSignal;
}

class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function createUploadServer(parts: UploadParts): Server {
  return createServer((request, response) => {
    void serve(parts, request, response).catch((error: unknown) => {
      if (!response.headersSent && !response.destroyed) {
        sendError(response, new S3Error(500, 'InternalError', 'We encountered an internal error.'));
      }
      console.error('simulator: upload:', error);
    });
  });
}

async function serve(parts: UploadParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const entry = enter(parts, request);
  response.once('close', () => {
    entry.durationMs = Math.round((performance.now() - startedAt) * 100) / 100;
    if (entry.answer === 'pending') entry.answer = response.writableFinished ? 'sent' : 'none';
    if (entry.answer === 'sent') entry.status = response.statusCode;
  });
  const call = { operation: uploadOperation, accountId: null };
  if (await applyFaults(parts, parts.faults.strike('before', call), entry, request, response)) return;
  try {
    requireValidHead(request);
    const form = await readUploadForm(request, parts.settings().media.sizeBytesMax).catch(() => {
      throw new S3Error(
        400,
        'MalformedPOSTRequest',
        'The body of your POST request is not well-formed multipart/form-data.',
      );
    });
    const media = accept(parts, form);
    entry.accountId = media.accountId;
    entry.body = { key: media.key, sizeBytes: media.sizeBytes };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    // The rest of the body is read and discarded: a client that is still sending would not see the response.
    request.resume();
    sendError(response, error);
    return;
  }
  if (await applyFaults(parts, parts.faults.strike('after', call), entry, request, response)) return;
  response.writeHead(204, { 'x-amz-request-id': entry.requestId }).end();
}

function enter(parts: UploadParts, request: IncomingMessage): LedgerEntry {
  return parts.ledger.open({
    at: parts.clock.now().toISOString(),
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0]?.slice(0, 500) ?? '',
    operation: uploadOperation,
    requestId: newRequestId(),
  });
}

/** Checks the request line and headers as S3 does, before the body is read. */
function requireValidHead(request: IncomingMessage): void {
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

/** Checks the form against the registered upload, and stores when its processing begins and ends. */
function accept(parts: UploadParts, form: UploadForm): Media {
  const key = form.fields.get('key');
  if (key === undefined) {
    throw new S3Error(
      400,
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    );
  }
  const media = [...parts.store.rows.media.values()].find((row) => row.key === key);
  if (media === undefined)
    throw new S3Error(403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed');
  for (const [name, value] of Object.entries(uploadParametersOf(media))) {
    const sent = form.fields.get(name.toLowerCase());
    if (sent === undefined) {
      throw new S3Error(
        403,
        'AccessDenied',
        `Invalid according to Policy: the field ${name} is missing, or comes after the file.`,
      );
    }
    if (sent !== value) {
      throw new S3Error(
        403,
        'SignatureDoesNotMatch',
        `The request signature we calculated does not match the signature you provided. Check ${name}.`,
      );
    }
  }
  if (parts.clock.nowMs() >= Date.parse(media.policyExpiresAt)) {
    throw new S3Error(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.');
  }
  if (form.file === null || form.hasTwoFiles) {
    throw new S3Error(400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
  }
  if (form.isTooLarge) {
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  const row = withProcessing(parts, media, form.file);
  parts.store.commit({ put: 'media', row });
  return row;
}

function withProcessing(parts: UploadParts, media: Media, file: NonNullable<UploadForm['file']>): Media {
  const { registeredSeconds, processingSeconds, outcome } = parts.settings().media;
  const nowMs = parts.clock.nowMs();
  const after = (seconds: number) => new Date(nowMs + seconds * 1_000).toISOString();
  return {
    ...media,
    uploadedAt: after(0),
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    processingAt: after(registeredSeconds),
    finishedAt: outcome === 'stuck' ? null : after(registeredSeconds + processingSeconds),
    // A file of another kind fails without a reason (docs/pinterest.md#media).
    outcome: file.isVideo && outcome !== 'failed' ? 'succeeded' : 'failed',
  };
}

/** Applies faults on the upload. Returns true when one of them replaced the response. */
async function applyFaults(
  parts: UploadParts,
  faults: readonly Fault[],
  entry: LedgerEntry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  for (const fault of faults) {
    entry.faults.push(`${fault.kind} ${fault.when}`);
    if (fault.kind === 'delay') {
      await pause(fault.delayMs, parts.closing);
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
  return parts.closing.aborted;
}

function sendError(response: ServerResponse, error: S3Error): void {
  const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${text(error.message)}</Message><RequestId>${newRequestId()}</RequestId></Error>`;
  response.writeHead(error.status, { 'content-type': 'application/xml', connection: 'close' }).end(body);
}
