/** What examples/monitoring has for Prometheus and Grafana. `promtool` is in Debian's package of that name, and `.ci/run` installs it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { formatMetrics } from "../../src/metrics/metrics.ts";
import { runProgram } from "../support/node/run-program.ts";
import { parseMetrics } from "../support/parse-metrics.ts";

const MONITORING = join(root, "examples/monitoring");
const read = (name: string) => readFileSync(join(MONITORING, name), "utf8");
const hasPromtool = (await runProgram("promtool", ["--version"])).code === 0;

/** The names of all samples that the service can answer. */
function knownNames(): Set<string> {
  const workflow = { id: "w", name: "W", runs: 1, failures: 0, seconds: 1, waiting: 0, oldest_waiting_seconds: 0 };
  const text = formatMetrics({
    gauges: {
      ...{ pending: 0, running: 0, overdue: 0, oldest_pending_seconds: 0, dispatches_waiting: 0 },
      ...{ runs_leased: 0, artifact_bytes: 0, runners_connected: 0, suspended: 0 },
    },
    counters: [],
    bounds: [1],
    is_behind: false,
    workflows: { shown: [{ ...workflow, buckets: [1, 1] }], others_waiting: 0, others_oldest_waiting_seconds: 0 },
    refusedSignIns: {},
    databaseUse: { requests: 0, refused: 0 },
  });
  const samples = [...parseMetrics(text).values()].flatMap((family) => [...family.samples.keys()]);
  return new Set(samples.map((sample) => sample.replace(/\{.*/, "")));
}

describe("examples/monitoring", () => {
  it("has an alert for each section of the operator's page, and a section for each alert", () => {
    const alerts = [...read("alerts.yml").matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name);
    const [, page = ""] =
      /^### Alerts\n(.*?)^### /ms.exec(readFileSync(join(root, "docs/operations.md"), "utf8")) ?? [];
    expect([...page.matchAll(/^#### (\w+)$/gm)].map(([, name]) => name)).toEqual(alerts);
    const links = [...read("alerts.yml").matchAll(/runbook_url: \S+#(\w+)$/gm)].map(([, anchor]) => anchor);
    expect(links).toEqual(alerts.map((name) => name?.toLowerCase()));
  });

  it("asks in rules and dashboard only for what the service answers", () => {
    const known = knownNames();
    const { panels } = JSON.parse(read("grafana-dashboard.json"));
    const asked = [read("alerts.yml").replace(/^\s+(summary|runbook_url|#).*$/gm, ""), JSON.stringify(panels)]
      .flatMap((text) => [...text.matchAll(/\bworkflow_[a-z_]+(?=[[{ )=]|$)/gm)])
      .map(([name]) => name)
      .filter((name) => name !== "workflow_id");
    expect(asked.length).toBeGreaterThan(25);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it.runIf(hasPromtool).each([
    ["check", "config", "--syntax-only", "prometheus.yml"],
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts.test.yml"],
  ])("is right, says promtool %s %s", async (...args) => {
    const { code, stdout, stderr } = await runProgram("promtool", args, { cwd: MONITORING });
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });
});
