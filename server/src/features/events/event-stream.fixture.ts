// A client of the event stream, for tests. It collects the events, and can stop reading.

import { type IncomingMessage, request } from 'node:http';
import type { AnyShape } from '../../../test/answer.ts';
import { eventually } from '../../../test/eventually.ts';

export interface SeenEvent {
  id: string;
  type: string;
  data: AnyShape;
}

export interface StreamClient {
  status: number;
  contentType: string | undefined;
  /** The last event id that the client would send to resume. */
  lastId(): string;
  events: SeenEvent[];
  beats(): number;
  hasEnded(): boolean;
  pause(): void;
  resume(): void;
  close(): void;
  /** Waits until `count` events have arrived. */
  until(count: number): Promise<SeenEvent[]>;
}

export async function openStream(
  url: string,
  { key, lastEventId }: { key: string; lastEventId?: string },
): Promise<StreamClient> {
  const asked = request(url, {
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('error', reject);
    asked.end();
  });
  asked.on('error', () => undefined);
  const events: SeenEvent[] = [];
  let beats = 0;
  let lastId = '';
  let hasEnded = false;
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      if (part === ':') beats += 1;
      const fields = new Map(
        part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      lastId = fields.get('id') ?? lastId;
      const data = fields.get('data');
      if (data === undefined) continue;
      events.push({ id: fields.get('id') ?? '', type: fields.get('event') ?? '', data: JSON.parse(data) });
    }
  });
  answer.once('close', () => {
    hasEnded = true;
  });
  answer.on('error', () => undefined);
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'],
    lastId: () => lastId,
    events,
    beats: () => beats,
    hasEnded: () => hasEnded,
    pause: () => void answer.pause(),
    resume: () => void answer.resume(),
    close: () => void asked.destroy(),
    async until(count) {
      await eventually(`${count} events`, () => events.length >= count);
      return events;
    },
  };
}
