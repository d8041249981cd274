/**
 * The message for an incoming webhook of Slack, and of services that accept the same format:
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
 */
import { type ChatMessage, clip } from "./message.ts";

/** The most characters of a section's text: https://docs.slack.dev/reference/block-kit/blocks/section-block. */
const MAX_SECTION = 3_000;

/** Slack's only control characters: https://docs.slack.dev/messaging/formatting-message-text#escaping. */
const ESCAPED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const escaped = (text: string) => text.replaceAll(/[&<>]/g, (char) => ESCAPED[char] ?? char);

/**
 * What would make a part of a name bold, italic, struck through or code. Slack has no way to escape it, so it gets a character that looks
 * like it. An underscore between letters or digits changes nothing, so it stays as it is.
 */
const LOOKALIKES: Readonly<Record<string, string>> = { "*": "∗", _: "ˍ", "`": "ˋ", "~": "∼" };

const unformatted = (text: string) =>
  text.replaceAll(/[*`~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (char) => LOOKALIKES[char] ?? char);

const MARKS = { good: "✅ ", bad: "❌ ", neutral: "" };

/** `verbatim`: Slack does not turn text into a link or a mention because it looks like one. */
const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } });

/** Three backticks would end the block that shows an error. */
const fenced = (text: string) => `\`\`\`\n${clip(text.replaceAll("```", "'''"), MAX_SECTION - 8, escaped)}\n\`\`\``;

export function slackBody({ title: given, mood, error, facts, link }: ChatMessage): string {
  const title = escaped(unformatted(given));
  const linked = `<${escaped(link.url)}|${escaped(link.label)}>`;
  const lines = facts.map(({ name, value }) => `${name}: ${unformatted(value)}\n`).join("");
  return JSON.stringify({
    // Shown in the notifications of a device, and by clients that cannot show blocks.
    text: `${MARKS[mood]}${title}`,
    blocks: [
      section(`${MARKS[mood]}*${title}*`),
      ...(error === null ? [] : [section(fenced(error))]),
      section(`${clip(lines.trim(), MAX_SECTION - linked.length - 1, escaped)}\n${linked}`.trim()),
    ],
  });
}
