// The environment of a stored row, by its name at Pinterest's client.
import { type Environment, environments } from '../../pinterest/index.ts';

export function environmentOf(row: { environment: Environment }): Environment {
  return row.environment;
}

export function isEnvironment(text: string): text is Environment {
  return environments.some((known) => known === text);
}
