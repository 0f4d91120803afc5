// For tests over HTTP: one app for the file, and a separate account for each test or for the file.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createTestApp, type PinterestAccount, type TestApp, type TestAppOptions } from './app.ts';

// Set by the hooks below; each test file has its own instance of this module.
export let app: TestApp;
export let account: PinterestAccount;

/** Call once, at the top of the file, so that its hooks run before those of the file. */
export function useApp({
  accountPer = 'test',
  sections = [],
  ...options
}: TestAppOptions & { accountPer?: 'test' | 'file'; sections?: string[] } = {}): void {
  const connect = async () => {
    account = await app.connectAccount({ sections });
  };
  beforeAll(async () => {
    app = await createTestApp(options);
    if (accountPer === 'file') await connect();
  });
  if (accountPer === 'test') beforeEach(connect);
  afterAll(() => app.stop());
}
