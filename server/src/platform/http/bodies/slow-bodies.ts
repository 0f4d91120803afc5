// Cuts off a client that sends its body a byte at a time. Node's own limits are one for all requests, and an upload
// of a long video may take its time; bodies that are read whole before the handler runs may not.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { answerTooSlow } from './wire-errors.ts';

const bodyMsMax = 60_000;
const checkEveryMs = 5_000;

export function cutSlowBodies(app: FastifyInstance, { clock, log }: { clock: Clock; log: Log }): void {
  /** When each body began, oldest first. */
  const reading = new Map<FastifyRequest, number>();

  app.addHook('preParsing', (request, reply, _payload, done) => {
    reading.set(request, clock.now().getTime());
    reply.raw.once('close', () => reading.delete(request));
    done();
  });
  app.addHook('preValidation', (request, _reply, done) => {
    reading.delete(request);
    done();
  });
  // A body that was refused on the way.
  app.addHook('onSend', (request, _reply, _payload, done) => {
    reading.delete(request);
    done();
  });

  const cancel = clock.every(checkEveryMs, () => {
    for (const [request, beganAt] of reading) {
      if (clock.now().getTime() - beganAt < bodyMsMax) return;
      reading.delete(request);
      answerTooSlow(request.raw.socket, request.id, log);
    }
  });
  app.addHook('onClose', async () => cancel());
}
