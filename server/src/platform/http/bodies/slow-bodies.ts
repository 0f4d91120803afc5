// Disconnects clients that send a body too slowly. Node's own limit is the same for all requests and must allow the
// upload of a long video, so bodies that are read before the handler runs have a shorter one.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { answerTooSlow } from './wire-errors.ts';

const bodyMsMax = 60_000;
const checkEveryMs = 5_000;

export function cutSlowBodies(app: FastifyInstance, { clock, log }: { clock: Clock; log: Log }): void {
  /** The start of each body, oldest first. */
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
  // For a body that is refused while it is read.
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
