/** Blocks of code: highlighted, and each with a button that copies it. */
import { raw } from "hono/html";

/** A text as HTML. Its quotes stay as they are, which makes a page of examples much shorter. */
export const escapeText = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const SHELL = { comment: "#", keywords: "for|in|do|done|if|then|else|fi|while|case|esac|export|curl|npx|npm" };
const SCRIPT = {
  comment: "//",
  keywords:
    "async|await|catch|class|const|else|export|for|from|function|if|import|let|new|of|return|throw|try|type|true|false|null",
};
const PYTHON = {
  comment: "#",
  keywords: "and|as|class|def|else|except|False|for|from|if|import|in|is|None|not|or|raise|return|True|try|while|with",
};
const DATA = { comment: "#", keywords: "true|false|null" };
const SQL = { comment: "--", keywords: "select|from|where|grant|on|to|in|create|role|insert|into|values|and|as" };

/** What is set off, in all languages alike: comments, texts (one before a colon is a name), keywords and numbers. */
const rulesOf = ({ comment, keywords }: { comment: string; keywords: string }) =>
  new RegExp(
    [
      String.raw`(?<comment>(?<=^|\s)${comment}.*$)`,
      String.raw`(?<name>"[^"\n]*"(?=\s*:))`,
      String.raw`(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\x60(?:\\.|[^\x60\\])*\x60)`,
      String.raw`(?<keyword>(?<![\w.$/-])(?:${keywords})(?![\w/-]))`,
      String.raw`(?<number>(?<![\w.:/-])\d[\d_]*(?:\.\d+)?(?![\w.:/-]))`,
    ].join("|"),
    "gm",
  );

/** The rules by the language of a Markdown block. Code in any other language is shown as it is. */
const RULES = new Map(
  Object.entries({ sh: SHELL, ts: SCRIPT, python: PYTHON, json: DATA, yaml: DATA, sql: SQL }).map(
    ([language, words]) => [language, rulesOf(words)] as const,
  ),
);

/** The HTML of code, with `<span class="…">` around what is set off. */
function highlight(text: string, language: string): string {
  const rules = RULES.get(language);
  if (rules === undefined) return escapeText(text);
  let html = "";
  let end = 0;
  for (const { index, 0: found, groups = {} } of text.matchAll(rules)) {
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    html += `${escapeText(text.slice(end, index))}<span class="code-${kind}">${escapeText(found)}</span>`;
    end = index + found.length;
  }
  return html + escapeText(text.slice(end));
}

/**
 * The HTML of a block of code with a button that copies it: see `app.js`. It scrolls sideways, also with the keyboard.
 * @param choice a language of `snippets.ts`: the block is shown while the reader has chosen it
 */
export function codeHtml(text: string, language: string, choice?: string): string {
  const chosen = choice === undefined ? "" : ` data-language="${choice}"`;
  return `<div class="code"${chosen}><button type="button" class="copy" data-copy="" hidden>Copy</button><pre tabindex="0"><code>${highlight(text, language)}</code></pre></div>\n`;
}

type CodeProps = { text: string; language: string; choice?: string };

export const Code = ({ text, language, choice }: CodeProps) => <>{raw(codeHtml(text, language, choice))}</>;
