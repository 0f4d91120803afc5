// An answer of the API as tests look at it.

export interface Answer {
  status: number;
  headers: Headers;
  /** The bytes as they came. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes, and compare what they find.
  body: any;
}

export async function readAnswer(answer: Response): Promise<Answer> {
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: text === '' ? null : JSON.parse(text),
  };
}
