// The description of the OpenAPI document: the rules of all operations, and the extension fields.

/** The extension fields and their descriptions. */
export const extensions: Readonly<Record<string, string>> = {
  'x-sdk': 'The SDK method, as `group.method`.',
  'x-sdk-forms': 'The SDK method for each media type, if the operation accepts several.',
  'x-scope': 'The scopes that the API key needs, separated by spaces.',
  'x-codes': 'The values of `error.reason` that are specific to the operation.',
  'x-paging':
    'For a list: the field of `data` with the entries (`items`). For a paginated list also the field with the cursor of the next page (`next`), which is null on the last page, and the parameter that accepts it (`param`).',
  'x-stream': 'The schema of the events that the operation sends with `Accept: text/event-stream`.',
  'x-open-enum': 'Later versions may add values, or members of the union. Clients must accept unknown ones.',
};

/** The description, for readers and for authors of clients. */
export const conventions = [
  'A successful response is `{data, meta}`, and an error is `{error, meta}`. Later versions may add fields to responses. Requests with unknown fields are refused.',
  'Integers with the format `unix-time` are seconds since 1970.',
  'Extension fields of this document:',
  ...Object.entries(extensions).map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
].join('\n\n');
