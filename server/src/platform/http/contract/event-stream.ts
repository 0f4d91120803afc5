// Server-Sent Events. Each event is sent when the client has read the previous one, so a slow client needs no memory. A
// client that stops reading is disconnected, and resumes with Last-Event-ID.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import type { Clock } from '../../clock.ts';
import type { Caller } from '../../use-case/index.ts';

/** An event, which is sent as JSON. */
export interface StreamedEvent {
  /** The client sends it as Last-Event-ID to resume after this event. */
  id: string;
  /** The name of the event for browsers. */
  type: string;
}

/** The input of a stream. */
export interface StreamInput<Params, Query> {
  caller: Caller;
  params: Params;
  query: Query;
  lastEventId: string | undefined;
  /** Aborted when the client disconnects, its key is no longer valid, or the server stops. */
  signal: AbortSignal;
}

/** The stream of a GET route, selected by `Accept: text/event-stream`. */
export interface RouteStream<Params, Query> {
  description: string;
  /** The name of the component that describes the JSON of an event. */
  schema: string;
  open(input: StreamInput<Params, Query>): Promise<OpenStream>;
}

export interface OpenStream {
  /** The id of the event after which the stream begins: a client that has received no event yet resumes with it. */
  startId: string;
  events: AsyncIterable<StreamedEvent>;
}

export interface SendEventStream {
  clock: Clock;
  /** Called at intervals: a key may be revoked while its stream is open. */
  isStillAllowed(): Promise<boolean>;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** Short enough that no proxy closes the connection as idle. */
const beatMs = 15_000;
/** The number of beats after which a client that read nothing is disconnected. */
const beatsWithoutReadingMax = 2;

/** A client can name the encoding of the stream. */
const answerTypes = ['application/json', 'text/event-stream', 'text/event-stream;charset=utf-8'];

/** Whether a client prefers a stream to JSON. Of two types with the same quality value it prefers the one named first. */
export function wantsEventStream(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const [preferred] = new Negotiator({ headers: { accept } }).mediaTypes(answerTypes);
  return preferred?.startsWith('text/event-stream') ?? false;
}

/**
 * Responds with a stream.
 * @param open Its error is answered like an error of any route. Later errors end the stream
 */
export async function sendEventStream(
  reply: FastifyReply,
  open: (signal: AbortSignal) => Promise<OpenStream>,
  { clock, isStillAllowed, stopping }: SendEventStream,
): Promise<FastifyReply> {
  const { raw } = reply;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, stopping]);
  raw.once('close', () => over.abort());
  const { startId, events } = await open(signal).catch((error: unknown) => {
    over.abort();
    throw error;
  });
  let beat = Promise.withResolvers<'beat'>();
  let beatsWithoutReading = 0;

  const cancelBeat = clock.every(beatMs, () => {
    beat.resolve('beat');
    beat = Promise.withResolvers();
    beatsWithoutReading = raw.writableNeedDrain ? beatsWithoutReading + 1 : 0;
    if (beatsWithoutReading > beatsWithoutReadingMax) raw.destroy();
    isStillAllowed().then(
      (isAllowed) => isAllowed || over.abort(),
      // A failed check does not revoke the key.
      () => undefined,
    );
  });
  raw.on('drain', () => {
    beatsWithoutReading = 0;
  });
  // The client may have disconnected while the stream was opened.
  if (signal.aborted) cancelBeat();
  else signal.addEventListener('abort', cancelBeat);

  async function* text(): AsyncGenerator<string> {
    // Sent at once, so that the client knows that it is connected. A block without data sets the last event id.
    yield `retry: 2000\nid: ${startId}\n\n`;
    const iterator = events[Symbol.asyncIterator]();
    let next = iterator.next();
    while (!signal.aborted) {
      const arrived = await Promise.race([next, beat.promise]);
      if (arrived === 'beat') {
        yield ':\n\n';
      } else if (arrived.done) {
        return;
      } else {
        const { id, type } = arrived.value;
        yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(arrived.value)}\n\n`;
        next = iterator.next();
      }
    }
  }

  return (
    reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      // A persistent connection would delay a server that stops.
      .header('connection', 'close')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(text(), { objectMode: false, highWaterMark: 16 * 1024 }))
  );
}
