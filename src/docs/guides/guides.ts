/** The guides that the service itself shows: the documents that its users need, in the order in which the pages list them. */
import clientReadme from "../../../client/README.md";
import agents from "../../../docs/agents.md";
import api from "../../../docs/api.md";
import artifacts from "../../../docs/artifacts.md";
import asCode from "../../../docs/as-code.md";
import comingFrom from "../../../docs/coming-from-knowledge-stack.md";
import configuration from "../../../docs/configuration.md";
import dashboard from "../../../docs/dashboard.md";
import firstWorkflow from "../../../docs/first-workflow.md";
import inputSchemas from "../../../docs/input-schemas.md";
import notifications from "../../../docs/notifications.md";
import operations from "../../../docs/operations.md";
import ownServer from "../../../docs/own-server.md";
import people from "../../../docs/people.md";
import runnerProtocol from "../../../docs/runner-protocol.md";
import runnerService from "../../../docs/runner-service.md";
import runs from "../../../docs/runs.md";
import scale from "../../../docs/scale.md";
import signIn from "../../../docs/sign-in.md";
import suspend from "../../../docs/suspend.md";
import triggers from "../../../docs/triggers.md";
import python from "../../../python/README.md";
import security from "../../../SECURITY.md";

/** `file` is the document's path in the repository, by which other documents link to it. */
export type Guide = { slug: string; file: string; title: string; summary: string; markdown: string };

const guide = (slug: string, title: string, summary: string, markdown: string, file = `docs/${slug}.md`): Guide => ({
  ...{ slug, file, title, summary, markdown },
});

export const PARTS: readonly { title: string; guides: readonly Guide[] }[] = [
  {
    title: "Begin",
    guides: [
      guide(
        "first-workflow",
        "A first workflow",
        "A script of your own behind a workflow, in ten minutes.",
        firstWorkflow,
      ),
      guide("dashboard", "The dashboard", "What people do on the pages, in how many clicks.", dashboard),
      guide("runs", "How a run lives", "Its states, slots and keys, and what is frozen, stopped and retried.", runs),
      guide("suspend", "Suspended runs", "How a run waits for an answer or an instant, holding nothing.", suspend),
      guide("people", "People and permissions", "Who may see, run and change what, and how they get in.", people),
    ],
  },
  {
    title: "Use",
    guides: [
      guide("api", "The API", "The requests that are used most, waiting for a run, and two walks with curl.", api),
      guide(
        "client",
        "Client and command line",
        "For TypeScript, and for terminals.",
        clientReadme,
        "client/README.md",
      ),
      guide("python", "Python", "The package: client, runners, webhooks; and without it.", python, "python/README.md"),
      guide("triggers", "Triggers", "Cron schedules, webhooks, and runs after other runs.", triggers),
      guide("input-schemas", "Input schemas", "What the inputs of a workflow's runs must be.", inputSchemas),
      guide(
        "artifacts",
        "Files of a run",
        "How a runner stores files with its run, and who can download them.",
        artifacts,
      ),
      guide("notifications", "Events and notifications", "The feed, signed webhooks, Slack and Teams.", notifications),
      guide("as-code", "Workflows as code", "Workflows, policies and triggers in a file, and CI.", asCode),
      guide("agents", "Agents", "The tools at /mcp, and how Claude, Cursor and VS Code connect to them.", agents),
    ],
  },
  {
    title: "Runners",
    guides: [
      guide("runner-protocol", "The runner protocol", "How a runner gets runs and reports results.", runnerProtocol),
      guide("runner-service", "A runner as a service", "With systemd, or in a container.", runnerService),
    ],
  },
  {
    title: "Operate",
    guides: [
      guide("operations", "Operations", "Deploy, watch, repair and update the service.", operations),
      guide("own-server", "A server of your own", "One Linux machine and any Postgres, without Cloudflare.", ownServer),
      guide("configuration", "Configuration", "Every setting of the Worker.", configuration),
      guide("sign-in", "Sign-in", "Accounts of your login service: Google, Entra, Okta, Auth0, Keycloak.", signIn),
      guide(
        "security",
        "Security",
        "What is trusted and guaranteed, and how secrets are kept.",
        security,
        "SECURITY.md",
      ),
      guide("scale", "Scale", "Cells in regions of their own, and what the service costs.", scale),
      guide(
        "coming-from-knowledge-stack",
        "Coming from Knowledge Stack",
        "What is the same, and what differs.",
        comingFrom,
      ),
    ],
  },
];

export const GUIDES: readonly Guide[] = PARTS.flatMap(({ guides }) => guides);
