// All tests of the repository. `vitest run server/src/features/posts` runs a part.
import { defineConfig } from 'vitest/config';

// Tests take milliseconds, and those with processes of their own a second; on a busy machine several.
const patience = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
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
