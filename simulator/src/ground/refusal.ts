// Every error response of the API, with the codes reported for Pinterest (docs/pinterest.md#errors).
export interface ErrorBody {
  code: number;
  message: string;
}

export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Record<string, string>;

  constructor(status: number, code: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get body(): ErrorBody {
    return { code: this.code, message: this.message };
  }
}

export const badParameter = (message: string) => new Refusal(400, 1, message);
export const couldNotFetchImage = () => new Refusal(400, 1, 'Sorry we could not fetch the image.');
export const couldNotReachUrl = (url: string) =>
  new Refusal(400, 1, `Unable to reach the URL. Please check the URL is correct and try again: ${url}`);
export const authenticationFailed = () => new Refusal(401, 2, 'Authentication failed.');
export const missingScopes = (missing: readonly string[]) =>
  new Refusal(401, 3, `Authorization failed. Missing scopes: ${JSON.stringify(missing)}`);
export const consumerTypeNotSupported = () =>
  new Refusal(401, 3, 'Your application consumer type is not supported, please contact support.');
export const trialApp = () =>
  new Refusal(
    403,
    29,
    'Apps with Trial access may not create Pins in production. Use the Pinterest API Sandbox instead: https://api-sandbox.pinterest.com.',
  );
export const notPermitted = (message = 'You are not permitted to access that resource.') =>
  new Refusal(403, 29, message);
export const boardNotFound = () => new Refusal(404, 40, 'Board not found.');
export const pinNotFound = () => new Refusal(404, 50, 'Pin not found.');
export const sectionNotFound = () => new Refusal(404, 2031, "Sorry! We couldn't find this board section.");
export const boardNameTaken = () =>
  new Refusal(400, 58, 'You already have a board with that name. Try a different name.');
export const imageTooSmall = () =>
  new Refusal(403, 233, 'Sorry, this image is too small. Please pick a larger one.');
export const imageBroken = () =>
  new Refusal(403, 235, 'Sorry, this image is broken. Please pick a different image.');
export const grantInvalid = () => new Refusal(400, 283, 'The provided authorization grant is invalid.');
export const mediaNotFound = () => new Refusal(404, 404, 'Media upload not found');
export const bodyTooLarge = () => new Refusal(413, 413, 'Request entity too large.');
export const routeNotFound = (method: string, path: string) =>
  new Refusal(404, 404, `Route not found: ${method} ${path}`);
