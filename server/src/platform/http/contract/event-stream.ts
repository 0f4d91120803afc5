// Server-Sent Events: an answer that goes on. Each is sent when its client has taken the one before, so a client
// that reads slowly costs no memory; one that does not read at all is cut off, and resumes by Last-Event-ID.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Caller } from '../../use-case/index.ts';

/** Sent whole, as JSON. */
export interface StreamedEvent {
  /** What the client sends as Last-Event-ID to go on after this one. */
  id: string;
  /** The name by which browsers tell events apart. */
  type: string;
}

/** What a streaming route is given. */
export interface StreamInput<Params, Query> {
  caller: Caller;
  params: Params;
  query: Query;
  lastEventId: string | undefined;
  /** Aborted when the client has gone, its key is no longer valid, or the server stops. */
  signal: AbortSignal;
}

/** The second face of a GET route: chosen by `Accept: text/event-stream`. */
export interface RouteStream<Params, Query> {
  description: string;
  /** The name of the component that describes the JSON of an event. */
  schema: string;
  open(input: StreamInput<Params, Query>): Promise<AsyncIterable<StreamedEvent>>;
}

export interface SendEventStream {
  clock: Clock;
  /** Asked now and then: a key may be revoked while its stream is open. */
  isStillAllowed(): Promise<boolean>;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** Often enough that no proxy takes the connection for dead. */
const beatMs = 15_000;
/** After this many beats during which the client took nothing. */
const beatsWithoutReadingMax = 2;

export function wantsEventStream(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('text/event-stream') ?? false;
}

/** @param open Its error is answered like that of any route; later errors end the stream. */
export async function sendEventStream(
  reply: FastifyReply,
  open: (signal: AbortSignal) => Promise<AsyncIterable<StreamedEvent>>,
  { clock, isStillAllowed, stopping }: SendEventStream,
): Promise<FastifyReply> {
  const { raw } = reply;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, stopping]);
  raw.once('close', () => over.abort());
  const events = await open(signal).catch((error: unknown) => {
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
      // Who cannot be asked has not said no.
      () => undefined,
    );
  });
  raw.on('drain', () => {
    beatsWithoutReading = 0;
  });
  // The client may have gone while the stream was being opened.
  if (signal.aborted) cancelBeat();
  else signal.addEventListener('abort', cancelBeat);

  async function* text(): AsyncGenerator<string> {
    // At once, so that the client knows that it is connected.
    yield 'retry: 2000\n\n';
    const iterator = events[Symbol.asyncIterator]();
    let next = iterator.next();
    while (!signal.aborted) {
      const came = await Promise.race([next, beat.promise]);
      if (came === 'beat') {
        yield ':\n\n';
      } else if (came.done) {
        return;
      } else {
        const { id, type } = came.value;
        yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(came.value)}\n\n`;
        next = iterator.next();
      }
    }
  }

  return (
    reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      // A connection that were kept would hold up a server that stops.
      .header('connection', 'close')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(text(), { objectMode: false, highWaterMark: 16 * 1024 }))
  );
}
