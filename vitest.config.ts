// All tests of the repository. `vitest run server/src/features/posts` runs a part.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'server',
          include: ['server/**/*.test.ts'],
          // One PostgreSQL for the run; not started where no test of this project runs.
          globalSetup: './server/test/global-setup.ts',
        },
      },
      { test: { name: 'simulator', include: ['simulator/**/*.test.ts'] } },
      { test: { name: 'scripts', include: ['scripts/**/*.test.ts'] } },
    ],
  },
});
