/** The metrics of a tenant, in the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */

import { WAIT_KINDS } from "../db/enums.ts";
import type { DatabaseUse } from "../db/meter.ts";
import { type RefusedSignIns, SIGN_IN_WAYS } from "../http/live/live.ts";
import { listWorkflowMetrics, type Workflows } from "./workflow-metrics.ts";

/** The result of the SQL function `count_metrics`, and the number of connected runners. */
export type Metrics = {
  gauges: Readonly<Record<GaugeField, number | null>>;
  counters: readonly { name: string; label: string; value: number }[];
  /** The upper bounds of the histograms' buckets in seconds, without infinity. */
  bounds: readonly number[];
  is_behind: boolean;
  workflows: Workflows;
  /** Those of the whole deployment. */
  refusedSignIns: RefusedSignIns;
  databaseUse: DatabaseUse;
};

type GaugeField = (typeof GAUGES)[number]["field"];

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The gauges: the name, the label if there is one, and the field of the answer that has the value. */
const GAUGES = [
  { name: "workflow_runs", label: 'state="PENDING"', field: "pending", help: "Runs that have not ended, by state." },
  { name: "workflow_runs", label: 'state="RUNNING"', field: "running", help: "" },
  {
    name: "workflow_runs_overdue",
    label: "",
    field: "overdue",
    help: "Runs that have ended by time (deadline, lease or stop), which no sweep has recorded yet.",
  },
  {
    name: "workflow_run_queue_oldest_age_seconds",
    label: "",
    field: "oldest_pending_seconds",
    help: "How long the oldest PENDING run has waited since it was triggered, retried, released or resumed, without suspended ones; 0 without one.",
  },
  {
    name: "workflow_runs_suspended",
    label: "",
    field: "suspended",
    help: "PENDING runs that are suspended: they wait for an answer, an instant, their children or a signal.",
  },
  {
    name: "workflow_run_dispatches_waiting",
    label: "",
    field: "dispatches_waiting",
    help: "RUNNING runs that no runner with a URL has accepted yet.",
  },
  {
    name: "workflow_runners_connected",
    label: "",
    field: "runners_connected",
    help: "Runners that may lease runs, and hold one or were heard of in the last minute.",
  },
  {
    name: "workflow_runs_leased",
    label: "",
    field: "runs_leased",
    help: "RUNNING runs that a connected runner holds.",
  },
  {
    name: "workflow_run_artifact_bytes",
    label: "",
    field: "artifact_bytes",
    help: "The size of all files of runs.",
  },
] as const;

/** Counters that are computed from the feed of events. `label` is the name of the label, if there is one. */
const COUNTERS = [
  { name: "workflow_runs_triggered_total", label: null, values: [""], help: "Runs that were triggered." },
  { name: "workflow_runs_started_total", label: null, values: [""], help: "Attempts that started." },
  {
    name: "workflow_runs_ended_total",
    label: "end",
    values: ["COMPLETED", "FAILED", "TIMED_OUT", "LOST", "STOPPED"],
    help: "Attempts that ended, by outcome. STOPPED are also runs that a newer one superseded.",
  },
  { name: "workflow_runs_retried_total", label: null, values: [""], help: "Retries, by people and by policies." },
  {
    name: "workflow_run_dispatch_failures_total",
    label: null,
    values: [""],
    help: "Dispatches that a runner with a URL did not accept.",
  },
  { name: "workflow_run_suspensions_total", label: null, values: [""], help: "How often runs were suspended." },
  { name: "workflow_run_questions_answered_total", label: null, values: [""], help: "Questions that were answered." },
  {
    name: "workflow_run_waits_expired_total",
    label: "kind",
    values: WAIT_KINDS,
    help: "What suspended runs waited for, and did not get in time, by kind.",
  },
] as const;

/** One that has `kinds` has a label for them. The counters of each kind then have it in their names, before the suffix. */
const HISTOGRAMS = [
  { name: "workflow_run_duration_seconds", kinds: [null], help: "From the start of an attempt to its end." },
  { name: "workflow_run_wait_seconds", kinds: [null], help: "From the request of an attempt to its start." },
  {
    name: "workflow_run_deadline_lag_seconds",
    kinds: [null],
    help: "From the end of an attempt by time (deadline, lease or stop) to when that was recorded.",
  },
  {
    name: "workflow_run_suspended_seconds",
    kinds: WAIT_KINDS,
    help: "From when a suspended run asked for something until that came, by kind.",
  },
] as const;

/** The metrics in the text format of Prometheus. A counter without events is 0. */
export function formatMetrics(metrics: Metrics): string {
  const { gauges, counters, bounds, is_behind, refusedSignIns, databaseUse } = metrics;
  const values = new Map(counters.map(({ name, label, value }) => [`${name} ${label}`, value]));
  const sampled = (name: string, label = "") => values.get(`${name} ${label}`) ?? 0;
  const lines: string[] = [];
  const describe = (name: string, type: string, help: string) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  };
  const sample = (name: string, label: string, value: number) => {
    lines.push(`${name}${label === "" ? "" : `{${label}}`} ${value}`);
  };

  for (const { name, label, field, help } of GAUGES) {
    if (help !== "") describe(name, "gauge", help);
    sample(name, label, gauges[field] ?? 0);
  }
  for (const { name, label, values: labels, help } of COUNTERS) {
    describe(name, "counter", help);
    for (const value of labels) sample(name, label === null ? "" : `${label}="${value}"`, sampled(name, value));
  }
  for (const { name, kinds, help } of HISTOGRAMS) {
    describe(name, "histogram", help);
    for (const kind of kinds) {
      const [own, label] = kind === null ? [name, ""] : [`${name}_${kind}`, `kind="${kind}"`];
      const bucket = (limit: string, value: number) =>
        sample(`${name}_bucket`, `${label && `${label},`}le="${limit}"`, value);
      for (const bound of bounds) bucket(String(bound), sampled(`${own}_bucket`, String(bound)));
      bucket("+Inf", sampled(`${own}_bucket`, "Infinity"));
      sample(`${name}_sum`, label, sampled(`${own}_sum`));
      sample(`${name}_count`, label, sampled(`${own}_count`));
    }
  }
  for (const { name, type, help, samples } of listWorkflowMetrics(metrics.workflows, bounds, sampled)) {
    describe(name, type, help);
    for (const [suffix, label, value] of samples) sample(name + suffix, label, value);
  }
  describe(
    "workflow_database_requests_total",
    "counter",
    "Requests to the database: of the deployment, told about a minute late.",
  );
  sample("workflow_database_requests_total", "", databaseUse.requests);
  describe(
    "workflow_database_requests_refused_total",
    "counter",
    "Of these, requests that the rate limit of the database's proxy has refused.",
  );
  sample("workflow_database_requests_refused_total", "", databaseUse.refused);
  describe(
    "workflow_sign_ins_refused_total",
    "counter",
    "Refused sign-ins on the pages: of the deployment, as their tenants are unknown.",
  );
  for (const way of SIGN_IN_WAYS) sample("workflow_sign_ins_refused_total", `way="${way}"`, refusedSignIns[way] ?? 0);
  describe("workflow_metrics_behind", "gauge", "1 while there are events that the counters have not counted yet.");
  sample("workflow_metrics_behind", "", is_behind ? 1 : 0);
  return `${lines.join("\n")}\n`;
}
