// Who may import whom. The map is in docs/architecture.md.
const rooms = 'server/src/features';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'platform-knows-nothing',
      comment: 'The platform knows nothing of Pins or posts.',
      severity: 'error',
      from: { path: '^server/src/platform' },
      to: { path: '^server/src', pathNot: '^server/src/platform' },
    },
    {
      name: 'database-below-the-platform',
      comment: 'Jobs, HTTP and the others use the database; it uses none of them.',
      severity: 'error',
      from: { path: '^server/src/platform/db/', pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: '^server/src/platform/[^/]+/', pathNot: '^server/src/platform/db/' },
    },
    {
      name: 'database-has-a-door',
      comment: 'Tests of jobs compare the version of their tables.',
      severity: 'error',
      from: { pathNot: '^server/src/platform/db/|^server/src/platform/jobs/jobs[.]test[.]ts$' },
      to: { path: '^server/src/platform/db/', pathNot: '^server/src/platform/db/index[.]ts$' },
    },
    {
      name: 'http-has-a-door',
      comment:
        'Rooms declare their routes with contract/index.ts; the application creates the server with index.ts.',
      severity: 'error',
      // The page of errors lists every refusal that HTTP declares.
      from: {
        pathNot:
          '^server/src/platform/http/|[.](test|fixture)[.]ts$|^server/test/|^scripts/pages/errors-page[.]ts$',
      },
      to: {
        path: '^server/src/platform/http/',
        pathNot: '^server/src/platform/http/(contract/)?index[.]ts$',
      },
    },
    {
      name: 'use-cases-know-no-http',
      comment: 'The vocabulary of use cases stands below HTTP.',
      severity: 'error',
      from: { path: '^server/src/platform/use-case' },
      to: { path: '^server/src/platform/http' },
    },
    {
      name: 'use-cases-of-rooms-without-http',
      comment: 'A use case runs for a route, a job or a command alike.',
      severity: 'error',
      from: { path: `^${rooms}/[^/]+/use-cases/`, pathNot: '[.](schema|test|fixture)[.]ts$' },
      to: {
        path: '^server/src/platform/http/',
      },
    },
    {
      name: 'domain-uses-only-platform',
      comment: "The product's own vocabulary uses only the platform.",
      severity: 'error',
      from: { path: '^server/src/domain' },
      to: { path: '^server/src', pathNot: '^server/src/(domain|platform)' },
    },
    {
      name: 'ids-come-from-the-domain',
      comment: 'The domain says which prefixes and log ids exist; the platform accepts any.',
      severity: 'error',
      from: { path: '^server/src', pathNot: '^server/src/(domain|platform)' },
      to: { path: '^server/src/platform/(ids|numbered-ids|log-ids)[.]ts$' },
    },
    {
      name: 'events-come-from-the-domain',
      comment: 'The domain says which events exist and what they have; the platform accepts any.',
      severity: 'error',
      from: { path: '^server/src', pathNot: '^server/src/(domain|platform)' },
      to: { path: '^server/src/platform/outbox' },
    },
    {
      name: 'pinterest-knows-only-platform',
      severity: 'error',
      from: { path: '^server/src/pinterest' },
      to: { path: '^server/src', pathNot: '^server/src/(platform|pinterest)' },
    },
    {
      name: 'features-below-app',
      comment: 'main → app → features → pinterest → platform.',
      severity: 'error',
      from: { path: `^${rooms}` },
      to: { path: '^server/src', pathNot: '^server/src/(domain|features|pinterest|platform)' },
    },
    {
      name: 'rooms-have-doors',
      comment: 'A feature is entered through its index.ts only.',
      severity: 'error',
      from: { path: `^${rooms}/([^/]+)/`, pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: `^${rooms}/([^/]+)/`, pathNot: [`^${rooms}/$1/`, `^${rooms}/[^/]+/index[.]ts$`] },
    },
    {
      name: 'status-uses-only-platform',
      comment: 'What a process reports of itself; each room brings its own checks and gauges.',
      severity: 'error',
      from: { path: '^server/src/status/', pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: '^server/src', pathNot: '^server/src/(platform|status)' },
    },
    {
      name: 'operator-on-top',
      comment: 'Only the command line uses the operator room.',
      severity: 'error',
      from: { path: '^server/src', pathNot: '^server/src/(operator/|main[.]ts$)|[.](test|fixture)[.]ts$' },
      to: { path: '^server/src/operator/' },
    },
    {
      name: 'features-from-outside-through-the-door',
      severity: 'error',
      from: { path: '^server/src/[^/]+[.]ts$|^server/src/(operator|status)/' },
      to: { path: `^${rooms}/[^/]+/`, pathNot: `^${rooms}/[^/]+/index[.]ts$` },
    },
    {
      name: 'pinterest-has-a-door',
      severity: 'error',
      from: { path: '^server/src', pathNot: '^server/src/pinterest' },
      to: { path: '^server/src/pinterest/', pathNot: '^server/src/pinterest/index[.]ts$' },
    },
    {
      name: 'nobody-knows-webhooks',
      comment: 'Webhooks read the event log; no feature imports them.',
      severity: 'error',
      from: { path: `^${rooms}/(?!webhooks/)` },
      to: { path: `^${rooms}/webhooks/` },
    },
    ...order(['publishing', 'posts', '(schedule|media|boards)', 'accounts', 'lanes', '(auth|events)']),
    {
      name: 'posts-record-below-all',
      comment: 'What a post is depends on no other part of its room.',
      severity: 'error',
      from: { path: `^${rooms}/posts/record/`, pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: `^${rooms}/posts/`, pathNot: `^${rooms}/posts/record/` },
    },
    {
      name: 'posts-compose-and-read-above-record',
      comment: 'use-cases, batches → compose → record; read → record.',
      severity: 'error',
      from: { path: `^${rooms}/posts/(compose|read)/`, pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: `^${rooms}/posts/`, pathNot: `^${rooms}/posts/($1|record)/` },
    },
    {
      name: 'posts-are-written-by-record',
      comment: 'Every other way to write a post would bypass its rules, its event and its lane.',
      severity: 'error',
      from: {
        path: '^server/src',
        pathNot: `^${rooms}/posts/record/(move|content|insert[.]queries)[.]ts$|[.](test|fixture)[.]ts$`,
      },
      to: { path: `^${rooms}/posts/record/(insert|write)[.]queries[.]ts$` },
    },
    {
      name: 'embedded-postgres-stands-alone',
      comment: 'Log and clock are passed in.',
      severity: 'error',
      from: { path: '^embedded-postgres/' },
      to: { path: '^(server|simulator|bench|scripts)/' },
    },
    {
      name: 'embedded-postgres-has-a-door',
      comment: 'Tests of the server look for processes that are left over in the same way.',
      severity: 'error',
      from: { pathNot: '^embedded-postgres/' },
      to: { path: '^embedded-postgres/', pathNot: '^embedded-postgres/(src/index|test/processes-on)[.]ts$' },
    },
    {
      name: 'simulator-stands-alone',
      comment: 'The simulator uses none of our packages.',
      severity: 'error',
      from: { path: '^simulator' },
      to: { path: '^(server|embedded-postgres)/' },
    },
    {
      name: 'simulator-mounts-on-top',
      comment: 'Only index.ts and main.ts use the files that assemble the simulator.',
      severity: 'error',
      from: { path: '^simulator/src/[^/]+/' },
      to: { path: '^simulator/src/[^/]+[.]ts$' },
    },
    ...order(
      ['samples', 'page', 'control', 'uploads', 'api', 'http', 'images', 'store', 'ground'],
      'simulator/src',
      'simulator-',
    ),
    {
      name: 'server-takes-only-the-simulator-s-door',
      severity: 'error',
      // Its tests' judge of answers is also the one of ours.
      from: { path: '^server' },
      to: { path: '^simulator', pathNot: '^simulator/(src/index|test/contract)[.]ts$' },
    },
    {
      name: 'tools-use-doors',
      comment:
        'Benchmarks and scripts enter a room through its index.ts. The page of errors lists every refusal.',
      severity: 'error',
      from: { path: '^(bench|scripts)/', pathNot: '^scripts/pages/errors-page[.]ts$' },
      to: {
        path: '^server/src/[^/]+/',
        pathNot: '/index[.]ts$|^server/src/(domain|platform)/[^/]+$',
      },
    },
    {
      name: 'nothing-needs-the-benchmarks',
      comment: 'The benchmarks import everything, and nothing imports them.',
      severity: 'error',
      from: { pathNot: '^bench' },
      to: { path: '^bench' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { path: '^(embedded-postgres|server|simulator)/src', pathNot: '[.](test|suite|fixture)[.]ts$' },
      to: { path: '[.]test[.]ts$|^(embedded-postgres|server|simulator)/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node_modules' },
    // Reads TypeScript, type imports included (scripts/boundaries.slow.test.ts), without a compiler's API, which version 7 lacks.
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json', '.cjs', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

/** Each folder may import those to its right, and none to its left. */
function order(names, base = rooms, prefix = '') {
  return names.slice(1).map((name, index) => ({
    name: `${prefix}${name.replace(/\W/g, '-')}-does-not-look-up`,
    comment: `Left may use right: ${names.join(' → ')}.`,
    severity: 'error',
    from: { path: `^${base}/${name}/`, pathNot: '[.](test|fixture)[.]ts$' },
    to: { path: names.slice(0, index + 1).map((upper) => `^${base}/${upper}/`) },
  }));
}
