// When posts go out: timeslots, spacing rules, the next open slot.
export { noOpenSlot, noTimeslots } from './schedule.errors.ts';
export { scheduleRoutes } from './schedule.routes.ts';
export { createSchedule, type ScheduleService } from './schedule.service.ts';
export { type SpacingJson, type SpacingLook, spacingAsJson, toSpacingLook } from './spacing.queries.ts';
