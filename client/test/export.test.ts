import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exportOf, yamlOf } from "../src/cli/as-code/export.ts";
import { isHarmless } from "../src/cli/output.ts";
import { createClient } from "../src/index.ts";
import schema from "../workflows.schema.json" with { type: "json" };
import { type Asked, fakeService, json } from "./fake-service.ts";

/** The names of the variables in the export of these workflows, each with a runner and with webhooks of these names. */
async function variablesOf(all: readonly { name: string; triggers?: string[] }[]): Promise<string[]> {
  const idOf = (...numbers: number[]) => `01920000-0000-7000-8000-${numbers.join("").padStart(12, "0")}`;
  const page = (items: unknown[]) => json({ items, total: items.length });
  const parts = { source_path_part_ids: [], instruction_path_part_ids: [], output_path_part_ids: [] };
  const runner = { runner_type: "SELF_HOSTED", runner_config: { url: "https://runner.example.com" } };
  const workflows = all.map(({ name }, index) => ({
    id: idOf(index),
    name,
    ...parts,
    template_path_part_id: null,
    ...runner,
  }));
  const answer = ({ path }: Asked) => {
    if (!/policy|triggers/.test(path)) return page(workflows);
    const index = workflows.findIndex(({ id }) => path.includes(id));
    const webhook = { kind: "webhook", run: null, schedule: null, webhook: { scheme: "github" }, labels: null };
    const triggers = (all[index]?.triggers ?? []).map((name, at) => ({ id: idOf(9, index, at), name, ...webhook }));
    return path.includes("policy") ? json({}) : page(triggers);
  };
  const text = JSON.stringify(await exportOf(createClient(fakeService(answer).options), "/workflows", schema));
  return [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = ""]) => name).toSorted();
}

describe("an exported file", () => {
  it("has nothing that a terminal would obey, and the same content when it is read", () => {
    const content = {
      root: "/workflows",
      workflows: {
        "/workflows/invoice\u202efdp.exe": {
          description: "clears the screen: \u001b[2J\u009b2J\nand goes on\u2028with \u0085 and \u007f",
          labels: ["plain", "right-to-left mark \u200f", "a long text ".repeat(20), "carriage\rreturn"],
        },
      },
    };
    const text = yamlOf(content, "https://runs.example.com");
    expect([text, isHarmless(text)]).toEqual([text, true]);
    expect(parse(text)).toEqual(content);
  });

  it("names the variable of each secret after its workflow and trigger", async () => {
    expect(await variablesOf([{ name: "Café 7", triggers: ["On push"] }, { name: "日次" }])).toEqual([
      "CAFE_7_ON_PUSH_SECRET",
      "CAFE_7_WEBHOOK_SECRET",
      "W__WEBHOOK_SECRET",
    ]);
  });

  it("has another variable for each secret, also when they would have the same name", async () => {
    const all = [
      { name: "日次レポート" },
      { name: "週次レポート" },
      { name: "Report EU" },
      { name: "Report (EU)" },
      { name: "A", triggers: ["B C", "Webhook"] },
      { name: "A B", triggers: ["C"] },
    ];
    expect(await variablesOf(all)).toEqual([
      "A_B_C_SECRET_000000000940",
      "A_B_C_SECRET_000000000950",
      "A_B_WEBHOOK_SECRET",
      "A_WEBHOOK_SECRET_000000000004",
      "A_WEBHOOK_SECRET_000000000941",
      "REPORT_EU_WEBHOOK_SECRET_000000000002",
      "REPORT_EU_WEBHOOK_SECRET_000000000003",
      "W__WEBHOOK_SECRET_000000000000",
      "W__WEBHOOK_SECRET_000000000001",
    ]);
  });

  it("is as readable as before where there is nothing of that kind", () => {
    const text = yamlOf(
      { workflows: { "/workflows/Report für 東京": { description: "one\ntwo\n" } } },
      "https://x.example",
    );
    expect(text).toContain("/workflows/Report für 東京:");
    expect(text).toContain("description: |\n      one\n      two\n");
  });
});
