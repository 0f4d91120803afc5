// The pages and what they need: style, previews.

import type { FastifyInstance, FastifyReply } from 'fastify';
import type { World } from '../world.ts';
import { addAuthorizePage } from './authorize.ts';
import { sendPage } from './layout.ts';
import { boardPage, frontPage, messagePage, pinPage } from './pages.ts';
import { style } from './style.ts';
import { addSwitches } from './switches.routes.ts';

export function addPages(app: FastifyInstance, world: World): void {
  const { rows } = world.store;
  const notThere = (reply: FastifyReply, what: string) =>
    sendPage(reply, 404, messagePage(`No such ${what}`, `This ${what} does not exist, or was deleted.`));

  app.get('/', async (_request, reply) => sendPage(reply, 200, frontPage(world)));

  app.get('/boards/:boardId', async (request, reply) => {
    const board = rows.boards.get((request.params as { boardId: string }).boardId);
    return board === undefined ? notThere(reply, 'board') : sendPage(reply, 200, boardPage(world, board));
  });

  const showPin = async (params: unknown, reply: FastifyReply) => {
    const pin = rows.pins.get((params as { pinId: string }).pinId);
    const isThere = pin !== undefined && pin.deletedAt === null;
    return isThere ? sendPage(reply, 200, pinPage(world, pin)) : notThere(reply, 'Pin');
  };
  // Pinterest's public address of a Pin ends with a slash; people leave it out.
  app.get('/pin/:pinId/', async (request, reply) => showPin(request.params, reply));
  app.get('/pin/:pinId', async (request, reply) => showPin(request.params, reply));

  addAuthorizePage(app, world);
  addSwitches(app, world);

  app.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(style));

  // Every size answers with the one preview that is kept.
  app.get('/images/:size/:file', async (request, reply) => {
    const { file } = request.params as { file: string };
    const preview = await world.previews.get(file.replace(/\.jpg$/, ''));
    if (preview === undefined) return reply.callNotFound();
    return reply.type('image/jpeg').header('cache-control', 'public, max-age=86400, immutable').send(preview);
  });
}
