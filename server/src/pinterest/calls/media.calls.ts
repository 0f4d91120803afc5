// Videos: register, upload to Pinterest's file store, and poll the processing. Images are sent with POST /pins instead.
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Log } from '../../platform/log.ts';
import type { Answer, Call } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { failureFor } from '../wire/failure.ts';
import { hideSecrets } from '../wire/hide-secrets.ts';
import type { Exchange, Transport } from '../wire/transport.ts';
import { isPinterestId } from './ids.ts';
import { multipartForm } from './multipart-form.ts';

/** The address and form of an upload. The parameters are credentials: never store or log them. */
export interface MediaUpload {
  mediaId: string;
  uploadUrl: string;
  uploadParameters: Record<string, string>;
}

export interface Media {
  id: string;
  /** `unknown` when Pinterest sends no status or a new one: poll again. */
  status: 'registered' | 'processing' | 'succeeded' | 'failed' | 'unknown';
}

export interface VideoFile {
  bytes: AsyncIterable<Uint8Array>;
  /** The exact number of bytes, which S3 needs before the upload. */
  sizeBytes: number;
  contentType?: string;
  fileName?: string;
}

export interface MediaCalls {
  /** Registers one video. How long the permission to upload lasts is not documented: call it just before. */
  registerMedia(token: string): Promise<Answer<MediaUpload>>;
  /** Streams `bytes` once. A failed upload starts again with `registerMedia`. */
  uploadMedia(upload: MediaUpload, file: VideoFile, options?: { timeoutMs?: number }): Promise<Answer<null>>;
  /** `failed` has no reason, for example for a file that is not a video (api-quickstart). */
  getMedia(token: string, mediaId: string): Promise<Answer<Media>>;
}

/** 2 GB, Pinterest's largest video, on a line of 10 Mbit/s. */
const uploadTimeoutMs = 30 * 60_000;

const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative().transform(String)]);
const uploadSchema = z
  .object({
    media_id: id,
    upload_url: z.url(),
    upload_parameters: z.record(z.string(), z.union([z.string(), z.number().transform(String)])),
  })
  .transform(
    (raw): MediaUpload => ({
      mediaId: raw.media_id,
      uploadUrl: raw.upload_url,
      uploadParameters: raw.upload_parameters,
    }),
  );
const statuses = ['registered', 'processing', 'succeeded', 'failed'] as const;
const mediaSchema = z
  .object({ media_id: id, status: z.enum(statuses).nullish().catch(null) })
  .transform((raw): Media => ({ id: raw.media_id, status: raw.status ?? 'unknown' }));

export interface MediaParts {
  caller: Caller;
  transport: Transport;
  log: Log;
  /** A store without TLS is for a Pinterest without TLS, that is the simulator. */
  allowsPlainHttp: boolean;
}

export function mediaCalls({ caller, transport, log, allowsPlainHttp }: MediaParts): MediaCalls {
  return {
    registerMedia: (token) =>
      caller.answer({
        operation: 'registerMedia',
        method: 'POST',
        path: '/media',
        authorization: { token },
        body: { json: { media_type: 'video' } },
        expects: uploadSchema,
        // An unused upload is harmless.
        isRepeatable: true,
      }),

    async uploadMedia(upload, file, { timeoutMs = uploadTimeoutMs } = {}) {
      const url = new URL(upload.uploadUrl);
      if (url.protocol !== 'https:' && !(allowsPlainHttp && url.protocol === 'http:')) {
        release(file.bytes);
        return { kind: 'failed', ...caller.refuse('the upload address is not https') };
      }
      const form = multipartForm(upload.uploadParameters, {
        bytes: file.bytes,
        sizeBytes: file.sizeBytes,
        fileName: file.fileName ?? 'video.mp4',
        contentType: file.contentType ?? 'video/mp4',
      });
      // No Authorization header: this is the file store, which refuses requests that carry one.
      const exchange = await transport.exchange({
        method: 'POST',
        url,
        headers: { 'content-type': form.contentType, 'content-length': String(form.sizeBytes) },
        body: form.body,
        timeoutMs,
      });
      const answer = judgeUpload(exchange, Object.values(upload.uploadParameters));
      writeLine(log, upload.mediaId, exchange, answer);
      release(file.bytes);
      return answer;
    },

    async getMedia(token, mediaId) {
      if (!isPinterestId(mediaId)) return { kind: 'failed', ...caller.refuse('a media id is digits') };
      const answer = await caller.answer({
        operation: 'getMedia',
        method: 'GET',
        path: `/media/${mediaId}`,
        authorization: { token },
        expects: mediaSchema,
      });
      const isGone = answer.kind === 'failed' && answer.failure.reason === 'not_found';
      return isGone ? { ...answer, failure: failureFor('media_not_found') } : answer;
    },
  };
}

/** A stream that was not read to its end, or not at all, would keep its file open. */
function release(bytes: AsyncIterable<Uint8Array>): void {
  if (bytes instanceof Readable) bytes.destroy();
}

/** S3's ways: 204 (or what the form asks for) when it has the file, 4xx with XML otherwise. */
function judgeUpload(exchange: Exchange, secrets: string[]): Answer<null> {
  const { status } = exchange;
  const code = /<Code>([^<]{1,80})<\/Code>/.exec(exchange.body)?.[1];
  const words = /<Message>([^<]{1,400})<\/Message>/.exec(exchange.body)?.[1];
  const said = code ? hideSecrets(words ? `${code}: ${words}` : code, secrets) : null;
  const call: Call = {
    status,
    pinterestCode: null,
    message: said,
    requestId: null,
    durationMs: exchange.endedAt.getTime() - exchange.startedAt.getTime(),
    rateLimit: null,
    startedAt: exchange.startedAt,
  };
  if (exchange.reach === 'not_sent') {
    return { kind: 'failed', failure: failureFor('connection_failed', { retryable: true }), call };
  }
  if (status !== null && status >= 200 && status < 300) return { kind: 'ok', value: null, call };
  if (code === 'EntityTooLarge' || status === 413)
    return { kind: 'failed', failure: failureFor('too_big'), call };
  const isRefused = status !== null && status >= 400 && status < 500;
  const reason = isRefused ? 'upload_refused' : 'upload_failed';
  const failure = failureFor(reason, { retryable: true, repeatsMax: 3, said });
  return { kind: 'failed', failure, call };
}

function writeLine(log: Log, mediaId: string, exchange: Exchange, answer: Answer<null>): void {
  const line = {
    operation: 'uploadMedia',
    mediaId,
    status: answer.call.status,
    durationMs: answer.call.durationMs,
    reach: exchange.reach,
  };
  if (answer.kind === 'ok') {
    log.debug(line, 'pinterest answered');
    return;
  }
  const more = { cause: exchange.cause, reason: answer.failure.reason, said: answer.call.message };
  log.warn({ ...line, ...more }, 'pinterest call failed');
}
