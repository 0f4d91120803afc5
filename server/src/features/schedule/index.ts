// The times at which posts are published: timeslots, spacing rules, the next open slot.

export type { ScheduleParts } from './parts.ts';
export { noOpenSlot, noTimeslots } from './schedule.errors.ts';
export { scheduleRoutes } from './schedule.routes.ts';
export { bindSchedule, type ScheduleService } from './slots-for-posts.ts';
export { type SpacingJson, type SpacingLook, spacingAsJson, toSpacingLook } from './spacing.queries.ts';
