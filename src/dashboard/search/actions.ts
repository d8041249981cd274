/** The pages and actions that the search finds by words of their names. They need no database. */
import type { Caller } from "../caller.ts";

export type Action = { name: string; href: string };

type Offer = Action & {
  /** Further words by which it is found. */
  also?: string;
  /** True for what only an OWNER or ADMIN may do. */
  isForAdministrators?: boolean;
};

const SETTINGS = "/app/settings/notifications";

/** A link with the id of a dialog opens that dialog: see `keys.js`. */
const offersFor = ({ user_id: me }: Caller): Offer[] => [
  { name: "Runs", href: "/app/runs" },
  { name: "My runs", href: "/app/runs?mine=1" },
  { name: "Failed runs", href: "/app/runs?status=FAILED", also: "errors" },
  { name: "Failures that are alike", href: "/app/failures", also: "errors grouped" },
  { name: "For you", href: "/app/waits", also: "questions answers approve suspended" },
  { name: "Workflows", href: "/app/workflows" },
  { name: "Triggers", href: "/app/triggers", also: "schedules cron webhooks" },
  { name: "New workflow", href: "/app/workflows/new", also: "create add", isForAdministrators: true },
  { name: "Runners", href: "/app/runners", also: "machines leases", isForAdministrators: true },
  { name: "New runner", href: "/app/runners#ask-runner", also: "connect key add create", isForAdministrators: true },
  { name: "Files", href: "/app/files", also: "folders documents" },
  { name: "New file or folder", href: "/app/files#ask-create", also: "create add document" },
  { name: "People", href: "/app/people", also: "users" },
  { name: "Invite somebody", href: "/app/people#ask-invite", also: "add people users", isForAdministrators: true },
  { name: "My permissions and API keys", href: `/app/people/${me}`, also: "account profile" },
  { name: "New API key", href: `/app/people/${me}#ask-key`, also: "create add token" },
  { name: "Health", href: "/app/health", also: "status sweeps" },
  { name: "Settings", href: SETTINGS, also: "notifications webhooks endpoints" },
  {
    name: "New notification endpoint",
    href: `${SETTINGS}#ask-endpoint`,
    also: "add create webhook",
    isForAdministrators: true,
  },
  { name: "What the tenant uses", href: "/app/settings/use", also: "caps limits use usage", isForAdministrators: true },
  { name: "Documentation", href: "/docs", also: "docs api reference help" },
];

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/);

/** The pages and actions of the caller that have words which begin with each of the typed ones. */
export function findActions(caller: Caller, text: string): Action[] {
  const typed = wordsOf(text);
  return offersFor(caller).filter(({ name, also = "", isForAdministrators = false }) => {
    const words = wordsOf(`${name} ${also}`);
    const isFound = typed.every((beginning) => words.some((word) => word.startsWith(beginning)));
    return isFound && (caller.is_administrator || !isForAdministrators);
  });
}
