// The HTTP server, imported by the application. Rooms declare their routes with contract/index.ts.
export { createBodyMemory } from './bodies/body-memory.ts';
export { entryBytesMax } from './bodies/parse-json.ts';
export { countValues } from './bodies/scan-json.ts';
export { malformedForm } from './bodies/upload.ts';
export { isLoopbackHost } from './host-check.ts';
export { resealAnswers } from './idempotency/sealed-answer.ts';
export { compactJson } from './openapi/compact-json.ts';
export { docsPaths, serveDocs } from './openapi/docs-page.ts';
export { createOpenApi } from './openapi/openapi.ts';
export { refusalsOf } from './openapi/openapi-answers.ts';
export { bodyBytesMax, createHttpServer } from './server.ts';
export { createHttpWatch } from './watch-http.ts';
