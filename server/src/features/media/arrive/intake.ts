// Receives media from a URL or an upload, and limits the number that is received at the same time.
import type { Readable } from 'node:stream';
import type { Log } from '../../../platform/log.ts';
import { type Outbound, OutboundFailure } from '../../../platform/outbound/index.ts';
import { createFairGate, type FairGate } from '../../../platform/work/fair-gate.ts';
import { MediaProblem, mediaRefused, uploadRefused } from '../record/media.errors.ts';
import type { MediaRow } from '../record/media.queries.ts';
import type { MediaViewer } from '../record/visible-media.queries.ts';
import { download } from './download.ts';
import { type Arrived, createDecodingGate, type IngestParts, ingest } from './ingest.ts';
import type { DeclaredType, WantedType } from './media-type.ts';
import { type Received, receive } from './receive.ts';

/** The key that adds the media. A restricted key sees the media that it added. */
export type Sender = Pick<MediaViewer, 'actor' | 'accountIds'>;

export interface FetchFromUrl {
  organizationId: string;
  /** Omitted for a key without restriction and for Pintail itself. */
  sender?: Sender;
  url: string;
  /** `any` where the caller did not have to declare a type. */
  declaredType: DeclaredType | 'any';
  /** The field of the request with the URL, for the details of a refusal. Default: `mediaUrl`. */
  path?: string;
  /** Aborted when the caller disconnects. */
  signal?: AbortSignal;
}

/** The fields of an upload besides the file. */
export interface Uploaded {
  mediaType?: DeclaredType | undefined;
}

export interface ReceiveUpload {
  organizationId: string;
  sender?: Sender;
  /** The field with the file, for the details of a refusal. Default: `file`. */
  path?: string;
  /** Reads the form to its end: passes the file to `take`, and returns the fields. */
  read(take: (file: Readable) => Promise<void>): Promise<Uploaded>;
}

export interface IntakeParts extends Omit<IngestParts, 'decoding'> {
  outbound: Outbound;
  log: Log;
}

/** Organizations share each gate, so that one with many or slow files does not delay the others. */
interface Gates {
  pictures: FairGate;
  /** Videos have a gate of their own, because they take long and must not delay pictures. */
  videos: FairGate;
  uploads: FairGate;
}

/** At 200 at a time, bytes that were received and not yet written used most of the memory. */
const receiversMax = 48;
const videoReceiversMax = 8;

/** Creates the gates of a process. Call it once. */
export function createIntake(options: IntakeParts) {
  const parts = { ...options, decoding: createDecodingGate() };
  const gates: Gates = {
    pictures: createFairGate(receiversMax),
    videos: createFairGate(videoReceiversMax),
    uploads: createFairGate(receiversMax),
  };
  return {
    /**
     * Fetches, checks and stores the file behind a URL, and converts it if necessary. If the organization already has
     * these bytes, returns the existing row. A refusal leaves neither a row nor a file.
     *
     * The sweep does not remove the media for a while, but its owner can delete it: call `hold` in the transaction that
     * begins to use it.
     *
     * @throws mediaRefused with the reason in its details; Outage when storage or database are not available
     */
    fetchFromUrl: (input: FetchFromUrl) => fetchMedia(parts, gates, input, {}),
    /** Runs the same checks without storing anything, and returns the row that would be created. */
    lookAtUrl: (input: FetchFromUrl) => fetchMedia(parts, gates, input, { isOnlyLooked: true }),
    /**
     * Checks and stores a file that a caller sends, like `fetchFromUrl`.
     *
     * @throws uploadRefused with the reason in its details; the errors of `read`; Outage
     */
    receiveUpload: (input: ReceiveUpload) => receiveMedia(parts, gates.uploads, input),
  };
}

async function fetchMedia(
  parts: IntakeParts & IngestParts,
  gates: Gates,
  input: FetchFromUrl,
  how: Pick<Arrived, 'isOnlyLooked'>,
): Promise<MediaRow> {
  const { outbound, clock, temporaryFolder, log } = parts;
  const { organizationId, sender, url, declaredType: wanted, signal } = input;
  const receiving = gateFor(gates, wanted).of(organizationId);
  try {
    return await temporaryFolder.withPath(async (path) => {
      const received = await download({ outbound, url, wanted, path, clock, signal, receiving });
      const restrictedActorId = restrictedActorOf(sender);
      return ingest(parts, {
        organizationId,
        restrictedActorId,
        sourceUrl: url,
        wanted,
        path,
        received,
        ...how,
      });
    });
  } catch (error) {
    throw toRefusal(error, input, log);
  }
}

async function receiveMedia(
  parts: IntakeParts & IngestParts,
  uploads: FairGate,
  { organizationId, sender, path: field = 'file', read }: ReceiveUpload,
): Promise<MediaRow> {
  const { clock, temporaryFolder, log } = parts;
  const receiving = uploads.of(organizationId);
  try {
    return await temporaryFolder.withPath(async (path) => {
      const received = Promise.withResolvers<Received>();
      // The fields may follow the file, so the declared type is known only after the whole form was read.
      const { mediaType: wanted = 'any' } = await read(async (body) => {
        received.resolve(await receive({ body, receiving, wanted: 'any', path, clock, isPaced: true }));
      });
      return ingest(parts, {
        organizationId,
        restrictedActorId: restrictedActorOf(sender),
        sourceUrl: null,
        wanted,
        path,
        received: await received.promise,
      });
    });
  } catch (error) {
    throw toUploadRefusal(error, { organizationId, field }, log);
  }
}

function gateFor(gates: Gates, wanted: WantedType): FairGate {
  return wanted === 'image' ? gates.pictures : gates.videos;
}

function restrictedActorOf(sender: Sender | undefined): string | null {
  return sender && sender.accountIds !== null ? sender.actor.id : null;
}

function toUploadRefusal(
  error: unknown,
  { organizationId, field }: { organizationId: string; field: string },
  log: Log,
): unknown {
  if (!(error instanceof MediaProblem)) return error;
  // Without a stack, because a file that cannot be used is not an error of ours.
  log.info(
    { organizationId, code: error.code, reason: error.message, cause: causeOf(error) },
    'upload refused',
  );
  return uploadRefused([{ path: field, code: error.code, message: error.message }]);
}

/** Returns the refusal for the caller, and logs its cause. */
function toRefusal(error: unknown, { organizationId, path = 'mediaUrl' }: FetchFromUrl, log: Log): unknown {
  const isOutbound = error instanceof OutboundFailure;
  if (!isOutbound && !(error instanceof MediaProblem)) return error;
  const code = isOutbound ? error.reason : error.code;
  log.info({ organizationId, code, reason: error.message, cause: causeOf(error) }, 'media refused');
  return mediaRefused([{ path, code, message: error.message }]);
}

/** The message of the cause, for the operator. */
function causeOf({ cause }: Error): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}
