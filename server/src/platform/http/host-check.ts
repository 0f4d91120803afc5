// Refuses requests for another host, where only this machine can be meant. A page in a browser can make a name of its own lead
// to 127.0.0.1 (DNS rebinding), and would then read what is meant for this machine alone.
import type { FastifyInstance } from 'fastify';
import { hostMissing, hostNotAllowed } from './contract/refusals.ts';

/** Whether a host name, without its port, is this machine. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses requests without Host and, if only loopback names are served, requests for other names.
 * @param servesLoopbackOnly The server listens on this machine only, and has no public URL
 */
export function checkHosts(app: FastifyInstance, servesLoopbackOnly: boolean): void {
  app.addHook('onRequest', async (request) => {
    const { host } = request.headers;
    if (host === undefined) {
      // HTTP/1.0 has no Host.
      if (request.raw.httpVersionMinor === 0) return;
      throw hostMissing();
    }
    if (servesLoopbackOnly && !isLoopbackHost(host.replace(/:\d{1,5}$/, '').toLowerCase()))
      throw hostNotAllowed();
  });
}
