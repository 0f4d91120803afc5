// The description of the OpenAPI document: the rules that all operations share, and its own fields.

/** The fields that are not of OpenAPI, with their meaning. */
export const extensions: Readonly<Record<string, string>> = {
  'x-sdk': 'The method of an SDK, as `group.method`.',
  'x-sdk-forms': 'The method for each media type, of an operation that accepts several.',
  'x-scope': 'The scope that the API key needs.',
  'x-codes': 'The values of `error.reason` of the operation, besides those of all operations.',
  'x-paging':
    'Of a list: the field of `data` with the entries (`items`). Of a list in pages also the field with the cursor of the next page (`next`), which is null on the last page, and the parameter that accepts it (`param`).',
  'x-stream': 'The schema of the events that the operation sends with `Accept: text/event-stream`.',
  'x-open-enum': 'Later versions add values, or members of the union. Handle those that you do not know.',
};

/** For people and for the authors of clients. */
export const conventions = [
  'A successful response is `{data, meta}`, and an error is `{error, meta}`. Later versions add fields to responses. Requests with unknown fields are refused.',
  'Integers with the format `unix-time` are seconds since 1970.',
  'Fields of this document that are not of OpenAPI:',
  ...Object.entries(extensions).map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
].join('\n\n');
