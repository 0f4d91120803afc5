// Carries due posts to Pinterest, and finds out what became of lost answers.
export { createAppBudget } from './app-budget.ts';
export { publishingCheck, workerCheck } from './checks.ts';
export { createLaneStore, type LaneStore } from './lane-store.ts';
export { declarePublishingGauges } from './metrics.ts';
export { createPublishGate } from './publish-gate.ts';
export { createPublishMetrics, type PublishMetrics } from './publish-metrics.ts';
export { createPublishingSweeps } from './sweeps.ts';
export { createVideoStore } from './video-store.ts';
export { watchVideos } from './watch-videos.ts';
export { createWorker, type Worker, type WorkerParts } from './worker.ts';
