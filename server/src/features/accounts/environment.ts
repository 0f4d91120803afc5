// The environment of a stored row, by its name at Pinterest's client, and the environments of an installation.
import { type Environment, environments } from '../../pinterest/index.ts';
import { invalidBody } from '../../platform/use-case/index.ts';

/** The Pinterest environment of a row. */
export function environmentOf(row: { environment: Environment }): Environment {
  return row.environment;
}

/** Whether a text names a Pinterest environment. */
export function isEnvironment(text: string): text is Environment {
  return environments.some((environment) => environment === text);
}

/**
 * Refuses the simulator where the installation uses Pinterest. Its address is a port of this machine, at which no tenant
 * may direct requests, and its accounts publish nothing.
 * @throws invalidBody
 */
export function checkEnvironment(installation: { environment: Environment }, wanted: Environment): void {
  if (wanted !== 'simulator' || installation.environment === 'simulator') return;
  const message = 'This installation uses Pinterest, not the simulator. Use `production` or `sandbox`.';
  throw invalidBody([{ path: 'environment', code: 'not_allowed', message }]);
}
