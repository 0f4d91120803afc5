// Takes in media from a URL or an upload, and limits how many come in at the same time.
import type { Readable } from 'node:stream';
import type { Log } from '../../../platform/log.ts';
import { type Outbound, OutboundFailure } from '../../../platform/outbound/index.ts';
import { createGate, type Gate } from '../../../platform/work/gate.ts';
import { MediaProblem, mediaRefused, uploadRefused } from '../record/media.errors.ts';
import type { MediaRow } from '../record/media.queries.ts';
import type { MediaViewer } from '../record/visible-media.queries.ts';
import { download } from './download.ts';
import { type Arrived, createDecodingGate, type IngestParts, ingest } from './ingest.ts';
import type { DeclaredType, WantedType } from './media-type.ts';
import { type Received, receive } from './receive.ts';

/** The key that media come from. A restricted key sees from then on what it added. */
export type Sender = Pick<MediaViewer, 'actor' | 'accountIds'>;

export interface FetchFromUrl {
  organizationId: string;
  /** Left out: a key without restriction, or Pintail itself. */
  sender?: Sender;
  url: string;
  /** `any`: the caller did not have to say. */
  declaredType: DeclaredType | 'any';
  /** The field of the request that had the URL, for the details of a refusal. Default: `mediaUrl`. */
  path?: string;
  /** Aborts when the caller has gone. */
  signal?: AbortSignal;
}

/** The fields of an upload besides the file. */
export interface Uploaded {
  mediaType?: DeclaredType | undefined;
}

export interface ReceiveUpload {
  organizationId: string;
  sender?: Sender;
  /** Reads the form to its end: passes the file to `take`, and returns the fields. */
  read(take: (file: Readable) => Promise<void>): Promise<Uploaded>;
}

export interface IntakeParts extends Omit<IngestParts, 'decoding'> {
  outbound: Outbound;
  log: Log;
}

interface Gates {
  pictures: Gate;
  /** Videos take long, and must not delay pictures. */
  videos: Gate;
  uploads: Gate;
}

/** With 200 at once, received bytes that were not written yet took most of the memory. */
const receiversMax = 48;
const videoReceiversMax = 8;

/** The gates are per process: call it once. */
export function createIntake(options: IntakeParts) {
  const parts = { ...options, decoding: createDecodingGate() };
  const gates: Gates = {
    pictures: createGate(receiversMax),
    videos: createGate(videoReceiversMax),
    uploads: createGate(receiversMax),
  };
  return {
    /**
     * Fetches, checks, converts where needed and stores the file behind a URL. Bytes that the organization has
     * already give the row that it has. A refusal leaves neither a row nor a file.
     *
     * The media is safe from the sweep for a while, but not from deletion by its owner: call `hold` in the transaction
     * that begins to use it.
     *
     * @throws mediaRefused with the reason in its details; Outage when storage or database are not available
     */
    fetchFromUrl: (input: FetchFromUrl) => fetchMedia(parts, gates, input, {}),
    /** The same checks without storing anything: returns the row that there would be. */
    lookAtUrl: (input: FetchFromUrl) => fetchMedia(parts, gates, input, { isOnlyLooked: true }),
    /**
     * The same for a file that a caller sends.
     *
     * @throws uploadRefused with the reason in its details; what `read` throws; Outage
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
  const receiving = gateFor(gates, wanted);
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
  receiving: Gate,
  { organizationId, sender, read }: ReceiveUpload,
): Promise<MediaRow> {
  const { clock, temporaryFolder, log } = parts;
  try {
    return await temporaryFolder.withPath(async (path) => {
      const received = Promise.withResolvers<Received>();
      // The fields may follow the file, so its declared type is known only when all of the form has arrived.
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
    throw toUploadRefusal(error, organizationId, log);
  }
}

function gateFor(gates: Gates, wanted: WantedType): Gate {
  return wanted === 'image' ? gates.pictures : gates.videos;
}

function restrictedActorOf(sender: Sender | undefined): string | null {
  return sender && sender.accountIds !== null ? sender.actor.id : null;
}

function toUploadRefusal(error: unknown, organizationId: string, log: Log): unknown {
  if (!(error instanceof MediaProblem)) return error;
  log.info({ organizationId, code: error.code, err: error }, 'upload refused');
  return uploadRefused([{ path: 'file', code: error.code, message: error.message }]);
}

/** The caller gets what it can act on; the log gets the cause as well. */
function toRefusal(error: unknown, { organizationId, path = 'mediaUrl' }: FetchFromUrl, log: Log): unknown {
  const isOutbound = error instanceof OutboundFailure;
  if (!isOutbound && !(error instanceof MediaProblem)) return error;
  const code = isOutbound ? error.reason : error.code;
  log.info({ organizationId, code, err: error }, 'media refused');
  return mediaRefused([{ path, code, message: error.message }]);
}
