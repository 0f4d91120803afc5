// The environment of a stored row. The columns' constraints allow nothing else, which types cannot know.
import { type Environment, environments } from '../../pinterest/index.ts';

export function environmentOf(row: { environment: string }): Environment {
  return row.environment as Environment;
}

export function isEnvironment(text: string): text is Environment {
  return environments.some((known) => known === text);
}
