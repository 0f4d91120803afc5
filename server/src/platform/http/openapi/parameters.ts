// Parameters in the OpenAPI document.

interface Parameter {
  description?: string;
  schema?: { description?: string };
}

interface Document {
  paths?: object;
  components?: { parameters?: object };
}

/** Removes the description of a parameter's schema if the parameter has the same one. */
export function describeParametersOnce({ paths = {}, components }: Document): void {
  const operations = Object.values(paths).flatMap((item: object) => Object.values(item)) as {
    parameters?: Parameter[];
  }[];
  const shared = Object.values(components?.parameters ?? {}) as Parameter[];
  for (const { description, schema } of [
    ...operations.flatMap((operation) => operation.parameters ?? []),
    ...shared,
  ]) {
    if (schema?.description === description) delete schema?.description;
  }
}
