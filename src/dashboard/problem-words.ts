/** What the pages say of a problem where the sentence of the API is for programs, since it speaks of requests and headers. */
import type { Outage } from "../db/client.ts";
import { PROBLEMS, type ProblemCode } from "../http/problems.ts";
import { forReader } from "./wording.ts";

const SENTENCES: Partial<Record<ProblemCode, string>> = {
  incomplete_body: "The connection ended before all of the form had arrived. Send it again.",
  unauthenticated: "You are not signed in any more. Sign in again.",
  not_found: "There is nothing here, or it is not yours to see. It may have been deleted.",
  method_not_allowed: "There is no page at this address.",
  precondition_failed:
    "It was changed meanwhile, so nothing was changed now. Look at it as it is, and make your change again.",
  payload_too_large: "What you have sent is too long: all fields of a form together may have 64 KiB.",
  uri_too_long: "The address of the page is too long. Use fewer filters.",
  misdirected: "What you are signed in with belongs to another address of the service.",
  too_many_requests: "You have asked for a lot in a short time. Wait some seconds, then go on.",
  headers_too_large: "Your browser sends too much with each page. Delete the cookies of this site, and sign in again.",
  internal_error: "Something broke on our side. Try again. If it happens again, report it with the id below.",
  session_keys_unavailable: "It could not be checked that you are signed in. Try again in some seconds.",
  bucket_unavailable: "The store of files did not answer. Try again in some seconds.",
  database_unavailable: "The database did not answer. Try again in some seconds.",
};

const OUTAGES: Record<Outage, string> = {
  refused: "The database cannot make the change now, and nothing was changed. Try again in some seconds.",
  unanswered:
    "The database did not answer, so it is not known whether the change was made. Look at the current state before you try again.",
};

type Told = { code: ProblemCode; detail?: string | undefined; outage?: Outage | null };

/** The sentence of a page about a problem. `detail` is that of the API, which a page says only if it is about this one case. */
export function sentenceFor({ code, detail = PROBLEMS[code].detail, outage = null }: Told): string {
  if (outage !== null) return OUTAGES[outage];
  const isOfCase = detail !== PROBLEMS[code].detail && code !== "misdirected";
  return (isOfCase ? undefined : SENTENCES[code]) ?? forReader(detail);
}
