// Routes of the pages, their stylesheet and the previews of images.
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Previews } from '../images/previews.ts';
import { type AuthorizeParts, addAuthorizePage } from './authorize.ts';
import { sendPage } from './layout.ts';
import { boardPage, frontPage, messagePage, type PageData, pinPage } from './pages.ts';
import { style } from './style.ts';
import { addSwitches, type SwitchesParts } from './switches.routes.ts';

export type PageParts = PageData & AuthorizeParts & SwitchesParts & { previews: Previews };

export function addPages(app: FastifyInstance, parts: PageParts): void {
  const { rows } = parts.store;
  const notFound = (reply: FastifyReply, noun: string) =>
    sendPage(reply, 404, messagePage(`${noun} not found`, `This ${noun} does not exist, or was deleted.`));

  app.get('/', async (_request, reply) => sendPage(reply, 200, frontPage(parts)));

  app.get('/boards/:boardId', async (request, reply) => {
    const board = rows.boards.get((request.params as { boardId: string }).boardId);
    return board === undefined ? notFound(reply, 'Board') : sendPage(reply, 200, boardPage(parts, board));
  });

  const showPin = async (params: unknown, reply: FastifyReply) => {
    const pin = rows.pins.get((params as { pinId: string }).pinId);
    const exists = pin !== undefined && pin.deletedAt === null;
    return exists ? sendPage(reply, 200, pinPage(parts, pin)) : notFound(reply, 'Pin');
  };
  // Pinterest's public address of a Pin ends with a slash, which people omit.
  app.get('/pin/:pinId/', async (request, reply) => showPin(request.params, reply));
  app.get('/pin/:pinId', async (request, reply) => showPin(request.params, reply));

  addAuthorizePage(app, parts);
  addSwitches(app, parts);

  app.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(style));

  // Only one preview is stored, so every size returns it.
  app.get('/images/:size/:file', async (request, reply) => {
    const { file } = request.params as { file: string };
    const preview = await parts.previews.get(file.replace(/\.jpg$/, ''));
    if (preview === undefined) return reply.callNotFound();
    return reply.type('image/jpeg').header('cache-control', 'public, max-age=86400, immutable').send(preview);
  });
}
