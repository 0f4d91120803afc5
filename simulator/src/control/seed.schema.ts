// The body of POST /_control/seed: apps, accounts, their boards, sections and tokens.
import { z } from 'zod';
import { allScopes } from '../http/auth.ts';

const id = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, 'must be a string of up to 19 digits')
  .optional();
const name = (maximum: number) => z.string().min(1).max(maximum);
const secret = z
  .string()
  .min(4)
  .max(500)
  .regex(/^[\w.~+/=-]+$/, 'must contain only characters that are valid in a bearer token');
const seconds = z.number().min(-100_000_000).max(1_000_000_000);

export const seedApp = z.strictObject({
  clientId: name(60).regex(/^[\w-]+$/),
  clientSecret: name(200),
  name: name(100).default('An app'),
  level: z.enum(['pending', 'trial', 'standard']).default('standard'),
  redirectUris: z.array(z.url().max(2_000)).max(50).default([]),
  ownerUsername: name(60).nullable().default(null),
});

const seedSection = z.strictObject({ name: name(180), id });

const seedBoard = z.strictObject({
  name: name(180),
  id,
  privacy: z.enum(['PUBLIC', 'PROTECTED', 'SECRET']).default('PUBLIC'),
  description: z.string().max(5_000).default(''),
  isAdsOnly: z.boolean().default(false),
  sections: z.array(seedSection).max(500).default([]),
});

const seedToken = z.strictObject({
  accessToken: secret.optional(),
  refreshToken: secret.optional(),
  scopes: z
    .array(z.string().max(60))
    .max(50)
    .default([...allScopes]),
  expiresInSeconds: seconds.default(2_592_000),
  refreshExpiresInSeconds: seconds.default(5_184_000),
  /** The clientId of the token's app. Default: the built-in app. */
  app: z.string().max(60).optional(),
});

export const seedAccount = z.strictObject({
  username: name(60).regex(/^[\w.-]+$/),
  id,
  accountType: z.enum(['PINNER', 'BUSINESS']).default('BUSINESS'),
  environment: z.enum(['production', 'sandbox']).default('production'),
  boards: z.array(seedBoard).max(2_000).default([]),
  tokens: z.array(seedToken).max(100).default([]),
});

export const seed = z.strictObject({
  apps: z.array(seedApp).max(100).default([]),
  accounts: z.array(seedAccount).max(5_000).default([]),
});

export type Seed = z.infer<typeof seed>;
export type SeedAccount = z.infer<typeof seedAccount>;
export type SeedApp = z.infer<typeof seedApp>;
