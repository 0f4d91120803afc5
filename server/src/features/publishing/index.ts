// Publishes due posts, and confirms posts whose create answer was lost.
export { createAppBudget } from './calls/app-budget.ts';
export { publishingCheck, workerCheck } from './checks.ts';
export { createLaneStore, type LaneStore } from './lane/lane-store.ts';
export { declarePublishingGauges } from './metrics.ts';
export { createPublishGate } from './serving/publish-gate.ts';
export { createPublishMetrics, type PublishMetrics } from './serving/publish-metrics.ts';
export { createWorker, type Worker, type WorkerParts } from './serving/worker.ts';
export { createPublishingSweeps } from './sweeps.ts';
export { createVideoStore } from './videos/video-store.ts';
export { watchVideos } from './videos/watch-videos.ts';
