// Carries due posts to Pinterest, and finds out what became of lost answers.
export { createAppBudget } from './calls/app-budget.ts';
export { publishingCheck, workerCheck } from './checks.ts';
export { createLaneStore, type LaneStore } from './lane/lane-store.ts';
export { declarePublishingGauges } from './metrics.ts';
export { createPublishingSweeps } from './sweeps.ts';
export { createPublishGate } from './turn/publish-gate.ts';
export { createPublishMetrics, type PublishMetrics } from './turn/publish-metrics.ts';
export { createWorker, type Worker, type WorkerParts } from './turn/worker.ts';
export { createVideoStore } from './videos/video-store.ts';
export { watchVideos } from './videos/watch-videos.ts';
