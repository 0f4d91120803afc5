import { refusal } from '../../platform/errors.ts';

export const timeslotNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'timeslot_not_found',
  message: 'Timeslot not found',
  fix: 'GET /v1/accounts/{accountId}/timeslots lists the timeslots of an account.',
});

/** The detail names the other timeslot. */
export const timeslotExists = refusal({
  code: 'CONFLICT',
  reason: 'timeslot_exists',
  message: 'The account already has a timeslot at this day, time and zone',
});

export const tooManyTimeslots = refusal({
  code: 'CONFLICT',
  reason: 'too_many_timeslots',
  message: 'Limit reached: an account can have at most 1,000 timeslots',
  fix: 'Delete timeslots, or replace all of them with POST …/timeslots/rebuild.',
});

export const spacingRuleNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'spacing_rule_not_found',
  message: 'Spacing rule not found',
  fix: 'GET /v1/accounts/{accountId}/spacing-rules lists the rules of an account.',
});

export const tooManySpacingRules = refusal({
  code: 'CONFLICT',
  reason: 'too_many_spacing_rules',
  message: 'Limit reached: an account can have at most 5,000 spacing rules',
  fix: 'Delete rules, or raise the default rule instead.',
});

/** Detail code `no_timeslots`. */
export const noTimeslots = refusal({
  code: 'CONFLICT',
  reason: 'no_timeslots',
  message: 'The account has no timeslots, so there is no next open one',
  fix: 'Make some with POST /v1/accounts/{accountId}/timeslots or …/timeslots/rebuild, or send a time.',
});

/** Detail code `no_open_slot`. */
export const noOpenSlot = refusal({
  code: 'CONFLICT',
  reason: 'no_open_slot',
  message: 'No timeslot is open within 365 days',
  fix: 'Add timeslots, relax the spacing rule of the url or the daily limit of the account, or send a time.',
});
