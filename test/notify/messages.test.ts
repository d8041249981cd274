/** The messages in chats keep the limits and rules of Slack and Teams, whatever is in them. */
import { describe, expect, it } from "vitest";
import { NOTIFIED_EVENTS } from "../../src/db/enums.ts";
import { chatMessageOf } from "../../src/notify/chat/message.ts";
import { slackBody } from "../../src/notify/chat/slack.ts";
import { teamsBody } from "../../src/notify/chat/teams.ts";
import recordedSlack from "./recorded/failed.slack.json" with { type: "json" };
import recordedTeams from "./recorded/failed.teams.json" with { type: "json" };

const NOTIFICATION = {
  id: "1",
  event_id: "4711",
  event_at: "2026-01-31T12:00:00.000Z",
  try_count: 1,
  claimed_until: null,
  is_asked: false,
};
const FILLED = (char: string) => ({
  run_id: "01920000-0000-7000-8000-000000000403",
  workflow_name: char.repeat(255),
  attempt: 2,
  error: char.repeat(2_000),
  failure_code: "REPORTED",
  labels: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`.padEnd(40, "x"), char.repeat(128)])),
  triggered_by: { user: char.repeat(500) },
});
const messageOf = (event_name: string, data: Record<string, unknown>) =>
  chatMessageOf({ ...NOTIFICATION, event_name, data }, "https://runs.example.com");

describe.each(["&", "<", "\u0000", "\u0085", "😀", "\\", "é", "a"])("a message full of %j", (char) => {
  const message = messageOf("workflow_run.failed", FILLED(char));

  it("has at most 3,000 characters in each section of Slack, and no character that is not escaped", () => {
    const { blocks } = JSON.parse(slackBody(message));
    for (const { text } of blocks) {
      expect(text.text.length).toBeLessThanOrEqual(3_000);
      expect(text.text.length).toBeGreaterThan(0);
      const told = text.text.replace(/<https:\/\/runs\.example\.com[^|<>]*\|Open the run>$/, "");
      expect(told.replaceAll(/&(amp|lt|gt);/g, "")).not.toMatch(/[&<>]/);
      // No character is cut in two.
      expect(told.isWellFormed()).toBe(true);
    }
  });

  it("has at most 28 KB for Teams", () => {
    expect(new TextEncoder().encode(teamsBody(message)).length).toBeLessThanOrEqual(28 * 1024);
  });
});

it("shows names in Slack as they are written, without making any part of them bold, italic or code", () => {
  const message = messageOf("workflow_run.failed", {
    ...{ run_id: FILLED("a").run_id, workflow_name: "*all* _my_ `rm` ~x~ daily_report", error: "a *b*" },
    ...{ labels: { a: "*b*" }, triggered_by: { user: "_Olga_" } },
  });
  const { text, blocks } = JSON.parse(slackBody(message));
  const [low, tick] = ["ˍ", "ˋ"];
  const name = `∗all∗ ${low}my${low} ${tick}rm${tick} ∼x∼ daily_report`;
  expect(text).toBe(`❌ ${name} failed`);
  const [title, error, facts] = blocks.map((block: { text: { text: string } }) => block.text.text);
  expect(title).toBe(`❌ *${name} failed*`);
  expect(error).toBe("```\na *b*\n```");
  expect(facts.split("\n").slice(0, 2)).toEqual([`Triggered by: ${low}Olga${low}`, "Labels: a:∗b∗"]);
});

// The forms that the documents describe: https://docs.slack.dev/reference/block-kit/blocks/section-block and
// https://learn.microsoft.com/power-automate/overview-adaptive-cards.
it("is sent as it was recorded", () => {
  const message = messageOf("workflow_run.failed", {
    ...{ run_id: FILLED("a").run_id, workflow_name: "R&D report", attempt: 2, error: "No such file: <sales.csv>" },
    ...{ failure_code: "REPORTED", labels: { customer: "4711" }, triggered_by: { user: "Olga" } },
  });
  expect(JSON.parse(slackBody(message))).toEqual(recordedSlack);
  expect(JSON.parse(teamsBody(message))).toEqual(recordedTeams);
});

it.each([...NOTIFIED_EVENTS, "notification_endpoint.test"])(
  "there is a sentence about %s, and a page to open",
  (event) => {
    const about = event.split(".")[0] ?? "";
    const ids = { run_batch: "batch_id", trigger: "trigger_id", notification_endpoint: "endpoint_id" };
    const data = {
      workflow_name: "Report",
      trigger_name: "Daily",
      workflow_definition_id: "d",
      [ids[about as keyof typeof ids] ?? "run_id"]: "x",
    };
    const { title, link } = messageOf(event, data);
    expect(title).not.toContain(event);
    expect(title).toMatch(/^[A-Z].* /);
    expect(link.url).toMatch(
      /^https:\/\/runs\.example\.com\/app\/(runs|batches|triggers|settings\/notifications|workflows)\/[xd]$/,
    );
  },
);

it("says what turn an end is", () => {
  const titleOf = (event: string, turn: string) =>
    messageOf(event, { workflow_name: "Report", run_id: "x", turn }).title;
  expect(titleOf("workflow_run.failed", "first_failure")).toBe("Report has begun to fail");
  expect(titleOf("workflow_run.completed", "works_again")).toBe("Report works again");
});
