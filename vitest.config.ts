// All tests of the repository. `vitest run server/src/features/posts` runs a part.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node';

const shared = {
  // Tests take milliseconds, and those with processes of their own a second; on a busy machine several.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // Files that run in the same worker share its modules. Loading them for each file takes half of the processor time
  // of a run. So a test restores what it changes of a module or of a global.
  isolate: false,
};

/** Slow files first, so that none of them is left to run alone at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => moduleId.endsWith('.slow.test.ts');
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

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
    // More than processors: tests wait for a database and for other processes half of their time.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'server',
          include: ['server/**/*.test.ts'],
          // One PostgreSQL for the run; not started where no test of this project runs.
          globalSetup: './server/test/global-setup.ts',
        },
      },
      { test: { ...shared, name: 'embedded-postgres', include: ['embedded-postgres/**/*.test.ts'] } },
      { test: { ...shared, name: 'simulator', include: ['simulator/**/*.test.ts'] } },
      { test: { ...shared, name: 'scripts', include: ['scripts/**/*.test.ts'] } },
    ],
  },
});
