// Boards of the connected accounts, and board lists.
export { boardListRoutes } from './board-lists.routes.ts';
export { deleteStoredBoards, storedIds } from './boards.queries.ts';
export { boardRoutes } from './boards.routes.ts';
export { type BoardsService, bindBoards } from './boards.ts';
export type { BoardParts } from './parts.ts';
export { createRunningReads } from './running-reads.ts';
