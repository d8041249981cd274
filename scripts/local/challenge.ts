/**
 * Cloudflare may answer a program in place of the service, with a page that looks for a browser. All such pages have one header:
 * https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
 */
export class Challenged extends Error {
  static readonly advice = "Switch Bot Fight Mode off, or let the service's host skip it: docs/operations.md, “Bots”.";

  constructor() {
    super("Cloudflare takes programs for bots, and answers in place of the service, with a challenge for browsers.");
  }
}

/** @throws Challenged for an answer that is not the service's */
export function requireOwnAnswer(response: Response): Response {
  if (response.headers.get("cf-mitigated") === "challenge") throw new Challenged();
  return response;
}
