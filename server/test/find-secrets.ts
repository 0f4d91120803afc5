// Searches for secrets in the output of the process, also in encoded forms.

/** Returns the secret and its encoded forms. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'latin1');
  // Base64 of a longer text contains it in one of three forms; two characters at each end depend on the adjacent text.
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = text.slice(offset === 0 ? 0 : offset + 2, -2);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('hex'), ...inBase64])].filter(
    (form) => form.length >= 8,
  );
}

/** Returns the occurrences of secrets in a text. The keys of `secrets` are their names. */
export function findSecrets(secrets: ReadonlyMap<string, string>, where: string, text: string): string[] {
  return [...secrets].flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form) => (text.includes(form) ? [`${name} in ${where}, as ${form}`] : [])),
  );
}
