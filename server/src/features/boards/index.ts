// Boards of the accounts we act for.
export { boardRoutes } from './boards.routes.ts';
export { type BoardsService, createBoards } from './boards.service.ts';
