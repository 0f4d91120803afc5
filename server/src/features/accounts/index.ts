// Pinterest accounts we may act for, and their tokens.
export { accountNotFound, connectPageRefusals } from './accounts.errors.ts';
export {
  type AccountRow,
  accountBeside,
  findSimulatorAccount,
  getAccountForWork,
  selectVisible,
} from './accounts.queries.ts';
export { accountRoutes } from './accounts.routes.ts';
export { AccountPath } from './accounts.schema.ts';
export { type AccountsForWork, type AccountsService, createAccounts } from './accounts.service.ts';
export { markBoardsFetched, raiseBoardsVersion } from './boards-version.queries.ts';
export { accountsCheck } from './checks.ts';
export { registerConnectCallback } from './connect.page.ts';
export { callbackPath } from './connect.ts';
export { environmentOf, isEnvironment } from './environment.ts';
export { declareAccountGauges } from './metrics.ts';
export { startRefreshTimer } from './refresh-timer.ts';
