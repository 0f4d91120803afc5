// The response of /oauth/token. Only the access token is required.
import { z } from 'zod';

const token = z.string().min(1);
const optionalText = z
  .string()
  .min(1)
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
/** A whole number, or one as text. Zero and less count as absent. */
const seconds = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null)
  .transform((value) => (value === null || value === undefined || value <= 0 ? null : value));

export const rawTokensSchema = z.object({
  access_token: token,
  expires_in: seconds,
  refresh_token: optionalText,
  refresh_token_expires_in: seconds,
  refresh_token_expires_at: seconds,
  scope: optionalText,
});

export type RawTokens = z.infer<typeof rawTokensSchema>;
