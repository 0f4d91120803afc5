import { route } from '../../platform/http/contract/index.ts';
import { invalidQuery } from '../../platform/use-case/index.ts';
import { AccountPath, accountNotFound } from '../accounts/index.ts';
import type { ScheduleParts } from './parts.ts';
import { spacingRuleNotFound, tooManySpacingRules } from './schedule.errors.ts';
import { ScheduleAnswer, ScheduleQuery } from './schedule.schema.ts';
import {
  DeletedSpacingRuleAnswer,
  DeleteSpacingRuleQuery,
  PutSpacingRuleBody,
  SpacingRuleAnswer,
  SpacingRulesAnswer,
} from './spacing.schema.ts';
import { timeslotRoutes } from './timeslots.routes.ts';
import { deleteSpacingRule, listSpacingRules, putSpacingRule } from './use-cases/spacing-rules.ts';
import { viewSchedule } from './use-cases/view-schedule.ts';

const rulesTag = 'Spacing rules';
const rulesPath = '/v1/accounts/:accountId/spacing-rules';

export function scheduleRoutes(parts: ScheduleParts) {
  return [
    ...timeslotRoutes(parts),
    route({
      operationId: 'getSchedule',
      method: 'GET',
      path: '/v1/accounts/:accountId/schedule',
      summary: 'Get the dated schedule of an account',
      description: 'Scheduled, published and failed posts, and the open timeslots of the future.',
      tag: 'Schedule',
      scope: 'posts:read',
      params: AccountPath,
      query: ScheduleQuery,
      data: ScheduleAnswer,
      status: 200,
      refusals: [accountNotFound, invalidQuery],
      handle: ({ context, params, query }) => viewSchedule(parts, context, params.accountId, query),
    }),
    route({
      operationId: 'listSpacingRules',
      method: 'GET',
      path: rulesPath,
      summary: 'List the spacing rules of an account',
      tag: rulesTag,
      scope: 'posts:read',
      params: AccountPath,
      data: SpacingRulesAnswer,
      status: 200,
      refusals: [accountNotFound],
      handle: ({ context, params }) => listSpacingRules(parts, context, params.accountId),
    }),
    route({
      operationId: 'putSpacingRule',
      method: 'PUT',
      path: rulesPath,
      summary: 'Set a spacing rule',
      description:
        'Sets the minimum number of days between two posts with the same destination: by default, or for one URL. The search for the next open slot respects it; an explicit `sendAt` that is too near is accepted with a warning.',
      tag: rulesTag,
      scope: 'schedule:write',
      params: AccountPath,
      body: PutSpacingRuleBody,
      data: SpacingRuleAnswer,
      status: 200,
      refusals: [accountNotFound, tooManySpacingRules],
      handle: ({ context, params, body }) => putSpacingRule(parts, context, params.accountId, body),
    }),
    route({
      operationId: 'deleteSpacingRule',
      method: 'DELETE',
      path: rulesPath,
      summary: 'Delete a spacing rule',
      tag: rulesTag,
      scope: 'schedule:write',
      params: AccountPath,
      query: DeleteSpacingRuleQuery,
      data: DeletedSpacingRuleAnswer,
      status: 200,
      refusals: [accountNotFound, spacingRuleNotFound],
      handle: ({ context, params, query }) => deleteSpacingRule(parts, context, params.accountId, query.url),
    }),
  ];
}
