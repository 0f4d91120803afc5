// A check that a valid API key exists: without one, nobody can call the API.
import { type Check, failed, ok } from '../../platform/checks/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AuthService } from './auth.ts';

/** Fails when every key is revoked or expired. */
export function keysCheck(auth: Pick<AuthService, 'listKeys'>, clock: Clock): Check {
  return {
    name: 'keys',
    async run() {
      const now = clock.now();
      const valid = (await auth.listKeys()).filter(
        (key) => key.revoked_at === null && (key.expires_at === null || key.expires_at > now),
      );
      if (valid.length > 0) return ok(`${valid.length} valid API key${valid.length === 1 ? '' : 's'}`);
      return failed('No valid API key exists.', 'Create one: npm run pintail -- keys create --name first');
    },
  };
}
