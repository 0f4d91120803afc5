// The environment of a stored row, by its name at Pinterest's client.
import { type Environment, environments } from '../../pinterest/index.ts';

/** The Pinterest environment of a row. */
export function environmentOf(row: { environment: Environment }): Environment {
  return row.environment;
}

/** Whether a text names a Pinterest environment. */
export function isEnvironment(text: string): text is Environment {
  return environments.some((environment) => environment === text);
}
