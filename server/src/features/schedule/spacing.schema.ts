// Requests and responses of spacing rules (docs/api-contract.md#schedule).
import { z } from 'zod';
import { webUrl, wholeNumber } from '../../platform/http/contract/index.ts';
import type { SpacingRuleRow } from './spacing.queries.ts';

/** The same as for the URL of a post. */
const urlLengthMax = 2048;

const minDaysAbout =
  'Minimum number of days (of 24 hours) between two posts with the same destination, 1 to 365.';
const matching =
  'Compared without scheme, `www.`, trailing slash, fragment and tracking parameters (TRACKING_PARAMETERS).';

const minDays = z.int().meta({ description: minDaysAbout, example: 7 });

export const PutSpacingRuleBody = z
  .strictObject({
    url: webUrl(urlLengthMax)
      .optional()
      .meta({
        description: `The destination of the rule. Without it: the default rule of the account. ${matching}`,
        example: 'https://example.com/lemon-tart',
      }),
    minDays: wholeNumber(1, 365).meta({ description: minDaysAbout, example: 7 }),
  })
  .meta({ id: 'PutSpacingRule' });
export type PutSpacingRule = z.output<typeof PutSpacingRuleBody>;

export const DeleteSpacingRuleQuery = z.strictObject({
  url: webUrl(urlLengthMax)
    .optional()
    .meta({
      description: `The destination whose rule is deleted. Without it: the default rule of the account. ${matching}`,
    }),
});

const CustomRule = z.object({
  url: z.string().meta({ description: 'The destination, as last sent.' }),
  minDays,
});

export const SpacingRulesAnswer = z
  .object({
    defaultRule: z
      .object({ minDays })
      .nullable()
      .meta({ description: 'For every url without a rule of its own; null for no rule.' }),
    customRules: z.array(CustomRule).meta({ description: 'Rules of single urls; they replace the default.' }),
  })
  .meta({ id: 'SpacingRules' });

export const SpacingRuleAnswer = z
  .object({
    rule: z.object({
      url: z.string().nullable().meta({ description: 'The destination; null for the default.' }),
      minDays,
    }),
  })
  .meta({ id: 'SpacingRuleResult' });

export const DeletedSpacingRuleAnswer = z
  .object({
    deleted: z.literal(true),
    url: z.string().nullable().meta({ description: 'The destination as given; null for the default.' }),
  })
  .meta({ id: 'DeletedSpacingRule' });

export function toSpacingRules(rows: readonly SpacingRuleRow[]): z.input<typeof SpacingRulesAnswer> {
  const byDefault = rows.find((row) => row.url === null);
  return {
    defaultRule: byDefault ? { minDays: byDefault.min_days } : null,
    customRules: rows.flatMap(({ url, min_days }) => (url === null ? [] : { url, minDays: min_days })),
  };
}
