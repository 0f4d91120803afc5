// Replaces how Pins are created, for tests of the moments around a create.
import type { App } from '../src/app.ts';
import type { Pinterest } from '../src/pinterest/index.ts';

type CreatePin = Pinterest['createPin'];

/** Returns the environments with another `createPin`. */
export function withCreatePin(
  environments: App['pinterest'],
  replace: (createPin: CreatePin) => CreatePin,
): App['pinterest'] {
  return {
    ...environments,
    of(environment) {
      const client = environments.of(environment);
      return { ...client, createPin: replace(client.createPin) };
    },
  };
}
