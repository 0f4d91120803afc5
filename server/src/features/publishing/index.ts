// Carries due posts to Pinterest, and finds out what became of lost answers.
export { startSweeper } from './sweeper.ts';
export { createWorker, type Worker } from './worker.ts';
