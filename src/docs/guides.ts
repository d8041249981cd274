/** The guides of `docs/` that the service itself shows, as HTML. */
import agents from "../../docs/agents.md";
import artifacts from "../../docs/artifacts.md";
import asCode from "../../docs/as-code.md";
import inputSchemas from "../../docs/input-schemas.md";
import notifications from "../../docs/notifications.md";
import runnerProtocol from "../../docs/runner-protocol.md";
import scale from "../../docs/scale.md";
import triggers from "../../docs/triggers.md";
import { codeHtml } from "./layout.tsx";

export type Guide = { slug: string; title: string; summary: string; markdown: string };

export const GUIDES: readonly Guide[] = [
  {
    slug: "runner-protocol",
    title: "The runner protocol",
    summary: "How a runner gets its runs, proves its identity, and reports results.",
    markdown: runnerProtocol,
  },
  {
    slug: "artifacts",
    title: "Files of a run",
    summary: "How a runner stores files with its run, and who can download them.",
    markdown: artifacts,
  },
  {
    slug: "notifications",
    title: "Events and notifications",
    summary: "The feed of events, and how your URL is notified of them by signed webhooks.",
    markdown: notifications,
  },
  {
    slug: "triggers",
    title: "Triggers",
    summary: "Schedules: when they fire, with whose rights, and what became of each occasion.",
    markdown: triggers,
  },
  {
    slug: "scale",
    title: "Scale",
    summary:
      "Cells: more than one deployment, in regions of their own; what the service costs, idle and with 1,000 runs a second.",
    markdown: scale,
  },
  {
    slug: "input-schemas",
    title: "Input schemas",
    summary: "A JSON Schema that the inputs of a workflow's runs must fit, and what is checked when.",
    markdown: inputSchemas,
  },
  {
    slug: "agents",
    title: "Agents",
    summary: "The tools of the Model Context Protocol at /mcp, and how Claude, Cursor and VS Code connect to them.",
    markdown: agents,
  },
  {
    slug: "as-code",
    title: "Workflows as code",
    summary: "Workflows, policies and triggers in a file: the diff, deleting, secrets, and CI.",
    markdown: asCode,
  },
];

const slugOf = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");

/**
 * The HTML of a guide. Headings have the same ids as on GitHub, so that links within the guide work. Text that scrolls sideways
 * can be focused with the keyboard. The HTML is not sanitised, since the guides are files of this repository.
 */
async function toHtml({ markdown }: Guide): Promise<string> {
  // Imported here and not above: `marked` compiles its regular expressions when it is loaded, and only these pages need it.
  const { Marked } = await import("marked");
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slugOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      code({ text, escaped }) {
        const html = escaped ? text : text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        return codeHtml(html);
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        // A link to another file of the repository would not work here, so only its text is kept.
        return /^(https?:|#)/.test(href) ? `<a href="${href}">${text}</a>` : text;
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  // A Markdown table always has a head. Screen readers would announce an empty head cell as a heading without a name.
  const named = html.replaceAll("<th></th>", "<td></td>");
  return named.replaceAll("<table>", '<div class="wide" tabindex="0"><table>').replaceAll("</table>", "</table></div>");
}

/** The headings of a guide, with their ids. */
export function headingsOf({ markdown }: Guide): { id: string; text: string }[] {
  const outsideOfCode = markdown.split(/^```/m).filter((_, index) => index % 2 === 0);
  return outsideOfCode
    .flatMap((part) => [...part.matchAll(/^##+ (.+)$/gm)])
    .map(([, text = ""]) => ({ id: slugOf(text), text: text.replaceAll("`", "") }));
}

const rendered = new Map<string, Promise<string>>();

/** The HTML of a guide. It is rendered at the first request for it. */
export function guideHtml(guide: Guide): Promise<string> {
  const html = rendered.get(guide.slug) ?? toHtml(guide);
  rendered.set(guide.slug, html);
  return html;
}
