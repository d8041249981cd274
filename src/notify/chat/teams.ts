/**
 * The message for a workflow of Teams, "Send webhook alerts to a channel": an Adaptive Card in `attachments`. It must be below 28 KB:
 * https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook.
 */
import type { ChatMessage } from "./message.ts";

const COLOURS = { good: "Good", bad: "Attention", neutral: "Default" };

type Run = { text: string } & Record<string, unknown>;

/** Texts that are shown as they are. A `TextBlock` or a `FactSet` would read them as Markdown, so parts of an error could become links. */
const line = (inlines: readonly Run[], more: object = {}) => ({
  type: "RichTextBlock",
  inlines: inlines.map((run) => ({ type: "TextRun", ...run })),
  ...more,
});

export function teamsBody({ title, mood, error, facts, link }: ChatMessage): string {
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body: [
      line([{ text: title, size: "Medium", weight: "Bolder", color: COLOURS[mood] }]),
      ...(error === null ? [] : [line([{ text: error, fontType: "Monospace" }])]),
      ...facts.map(({ name, value }) =>
        line([{ text: `${name}: `, isSubtle: true }, { text: value }], { spacing: "Small" }),
      ),
    ],
    actions: [{ type: "Action.OpenUrl", title: link.label, url: link.url }],
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
  return JSON.stringify({ type: "message", attachments: [attachment] });
}
