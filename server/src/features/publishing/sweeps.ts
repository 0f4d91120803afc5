// The sweeps of publishing: lanes that would wake too late, and uploads that no post needs.
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Sweep } from '../../platform/work/sweeper.ts';
import type { LaneStore } from './lane/lane-store.ts';
import type { VideoStore } from './videos/video-store.ts';

export interface PublishingSweepParts {
  lanes: Pick<LaneStore, 'sweepLanes'>;
  videos: Pick<VideoStore, 'removeUnused'>;
  clock: Clock;
  log: Log;
}

export function createPublishingSweeps({ lanes, videos, clock, log }: PublishingSweepParts): Sweep[] {
  return [
    {
      name: 'lanes',
      async run() {
        const stranded = await lanes.sweepLanes(clock.now());
        if (stranded > 0) log.warn({ lanes: stranded }, 'lanes would have slept past their posts');
      },
    },
    { name: 'video uploads', run: () => videos.removeUnused() },
  ];
}
