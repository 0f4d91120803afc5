// Connected Pinterest accounts and their tokens.
export { accountNotFound, connectPageRefusals } from './accounts.errors.ts';
export {
  type AccountRow,
  accountBeside,
  findEnvironments,
  findSimulatorAccount,
  getAccountForWork,
  listVisibleIds,
  selectVisible,
} from './accounts.queries.ts';
export { accountRoutes } from './accounts.routes.ts';
export { AccountPath } from './accounts.schema.ts';
export { type AccountsForWork, type AccountsService, bindAccounts } from './accounts.ts';
export { markBoardsFetched, raiseBoardsVersion } from './boards-version.queries.ts';

export { accountsCheck, encryptionKeyCheck } from './checks.ts';
export { connectPaths, registerConnectPages } from './connect.page.ts';

export { environmentOf, isEnvironment } from './environment.ts';
export { declareAccountGauges } from './metrics.ts';
export type { AccountParts } from './parts.ts';
export { startRefreshTimer } from './tokens/refresh-timer.ts';
export { callbackPath } from './use-cases/connect-by-consent.ts';
export { disconnectLockedAccount, lockAccount } from './use-cases/disconnect-account.ts';
export { getAccount } from './use-cases/read-accounts.ts';
