/** The guides as HTML, and what a search and a table of contents need of them. */
import { codeHtml, escapeText } from "../code.tsx";
import { GUIDES, type Guide } from "./guides.ts";

/** The id of a heading, as on GitHub, so that links between the documents work in both places. */
const slugOf = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** `depth`: 1 for the title, 2 for a section, and so on. */
export type Heading = { id: string; text: string; depth: number };

/** The headings of a guide, each with the text until the next one, as Markdown. */
export function sectionsOf({ markdown }: Guide): (Heading & { body: string })[] {
  // Lines of code that begin with "#" are no headings.
  const inCode = [...markdown.matchAll(/^```.*?^```$/gms)].map(({ index, 0: block }) => [index, index + block.length]);
  const found = [...markdown.matchAll(/^(#+) (.+)$/gm)].filter(
    ({ index }) => !inCode.some(([from = 0, to = 0]) => index > from && index < to),
  );
  return found.map(({ index, 0: line, 1: marks = "", 2: text = "" }, place) => ({
    ...{ id: slugOf(text), text: text.replaceAll("`", ""), depth: marks.length },
    body: markdown.slice(index + line.length, found[place + 1]?.index),
  }));
}

/** The address of what a document links to: on these pages, when they have it; null when only the repository does. */
function hrefOf({ file }: Guide, href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href;
  const { pathname, hash } = new URL(href, `https://repository/${file}`);
  const linked = GUIDES.find((one) => `/${one.file}` === pathname);
  return linked === undefined ? null : `/docs/${linked.slug}${hash}`;
}

/**
 * Text that scrolls sideways can be focused with the keyboard. The HTML is not sanitised, since the guides are files of this
 * repository.
 */
async function toHtml(guide: Guide): Promise<string> {
  // Imported here and not above: `marked` compiles its regular expressions when it is loaded, and only these pages need it.
  const { Marked } = await import("marked");
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slugOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      code({ text, lang = "" }) {
        // A diagram needs a program to be drawn. The text beside it says the same.
        return lang === "mermaid" ? "" : codeHtml(text, lang.split(" ")[0] ?? "");
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const address = hrefOf(guide, href);
        return address === null ? text : `<a href="${escapeText(address)}">${text}</a>`;
      },
      // Pictures are in the repository only.
      html: ({ text }) => text.replaceAll(/<picture>.*?<\/picture>/gs, ""),
    },
  });
  const html = marked.parse(guide.markdown, { async: false });
  // A Markdown table always has a head. Screen readers would announce an empty head cell as a heading without a name.
  const named = html.replaceAll("<th></th>", "<td></td>");
  return named.replaceAll("<table>", '<div class="wide" tabindex="0"><table>').replaceAll("</table>", "</table></div>");
}

const rendered = new Map<string, Promise<string>>();

/** The HTML of a guide. It is rendered at the first request for it. */
export function guideHtml(guide: Guide): Promise<string> {
  const html = rendered.get(guide.slug) ?? toHtml(guide);
  rendered.set(guide.slug, html);
  return html;
}
