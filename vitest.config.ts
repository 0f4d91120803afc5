// All tests of the repository. `vitest run server/src/features/posts` runs a part.
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import type { Vitest } from 'vitest/node';

// Tests take milliseconds, and those with processes of their own a second; on a busy machine several.
const patience = { testTimeout: 30_000, hookTimeout: 60_000 };

const hasContract = existsSync(new URL('../shared/pinterest/openapi.organic.strict.json', import.meta.url));

let isContractNoticed = false;
/** Says once, below the results, that tests were skipped because Pinterest's document is not beside the repository. */
const contractNotice = {
  name: 'contract-notice',
  configureVitest({ vitest }: { vitest: Vitest }) {
    vitest.onClose(() => {
      const ran = vitest.state
        .getTestModules()
        .some(({ moduleId }) => /(conformance|contract)\.test\.ts$/.test(moduleId));
      if (!ran || hasContract || isContractNoticed) return;
      isContractNoticed = true;
      console.log(
        'Conformance tests were skipped: Pinterest\'s OpenAPI document is not in ../shared/pinterest (CONTRIBUTING.md, "Conformance tests").',
      );
    });
  },
};

export default defineConfig({
  plugins: [contractNotice],
  test: {
    // Tests wait for a database and for other processes most of their time: one worker less than there are
    // processors, the default, leaves half of a small machine idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...patience,
          name: 'server',
          include: ['server/**/*.test.ts'],
          // One PostgreSQL for the run; not started where no test of this project runs.
          globalSetup: './server/test/global-setup.ts',
        },
      },
      { test: { ...patience, name: 'embedded-postgres', include: ['embedded-postgres/**/*.test.ts'] } },
      { test: { ...patience, name: 'simulator', include: ['simulator/**/*.test.ts'] } },
      { test: { ...patience, name: 'scripts', include: ['scripts/**/*.test.ts'] } },
    ],
  },
});
