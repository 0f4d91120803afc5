// Boards of the accounts we act for, and lists of them.
export { boardListRoutes } from './board-lists.routes.ts';
export { createBoardLists } from './board-lists.service.ts';
export { knownIds } from './boards.queries.ts';
export { boardRoutes } from './boards.routes.ts';
export { type BoardsService, createBoards } from './boards.service.ts';
