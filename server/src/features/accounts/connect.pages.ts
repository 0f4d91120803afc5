// The HTML of the pages that the owner of an account sees: before Pinterest, and after it. They are for people who may
// have heard neither of Pintail nor of its API.

/** The link back to the caller's app. */
export interface WayBack {
  url: string;
  /** The host that the page names. */
  host: string;
}

export interface ConsentPage {
  organization: string;
  username: string | null;
  back: WayBack | null;
}

/** Names the organization, and leads to Pinterest after a click. */
export function consentPage({ organization, username, back }: ConsentPage): string {
  const name = `<strong>${escapeHtml(organization)}</strong>`;
  const account =
    username === null
      ? 'a Pinterest account'
      : `the Pinterest account <strong>${escapeHtml(username)}</strong> again`;
  return page(
    'Connect to Pinterest',
    `<p>${name} asks you to connect ${account}. ${name} can then read and change the boards of the account, and publish
Pins on it, until you or ${name} end the connection.</p>
<p>Pinterest asks you to agree on the next page. Continue only if you know ${name} and expected this request.</p>
${back ? `<p>Afterwards you return to <strong>${escapeHtml(back.host)}</strong>.</p>\n` : ''}<form method="post"><button>Continue to Pinterest</button></form>`,
  );
}

export function connectedPage(username: string): string {
  return page('Connected', `<p>${escapeHtml(username)} is connected. You can close this window.</p>`);
}

/** @param text Sentences that say what happened and what to do */
export function failurePage(text: string, back: WayBack | null): string {
  const link = back
    ? `\n<p><a href="${escapeHtml(back.url)}" rel="noreferrer">Back to ${escapeHtml(back.host)}</a></p>`
    : '';
  return page('Not connected', `<p>${escapeHtml(text)}</p>${link}`);
}

/** The way back to a return URL with its outcome. */
export function wayBack(returnTo: string | null): WayBack | null {
  return returnTo === null ? null : { url: returnTo, host: new URL(returnTo).host };
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Pintail</title>
<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}strong{overflow-wrap:anywhere}</style>
<h1>${title}</h1>
${content}
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
