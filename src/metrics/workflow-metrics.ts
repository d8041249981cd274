/** What the metrics say of each of the workflows with the most runs, and of all others together. */
import type { z } from "zod";
import type { countMetrics } from "./metric-verbs.ts";

export type Workflows = z.infer<(typeof countMetrics)["result"]>["workflows"];

/** `samples`: the suffix of the name, the labels, and the value. */
type Family = { name: string; type: string; help: string; samples: [suffix: string, labels: string, value: number][] };

/** What stands in the labels of the others. No id and no name is like that. */
const OTHERS = labelsOf("others", "");

/** `counter` answers the counters of a tenant: those of the others are among them. */
export function listWorkflowMetrics(
  { shown, others_waiting: waiting, others_oldest_waiting_seconds: oldest }: Workflows,
  bounds: readonly number[],
  counter: (name: string, label?: string) => number,
): Family[] {
  const each = (own: (workflow: Workflows["shown"][number]) => number, others: number): Family["samples"] => [
    ...shown.map((one): Family["samples"][number] => ["", labelsOf(one.id, one.name), own(one)]),
    ["", OTHERS, others],
  ];
  const limits = [...bounds.map(String), "+Inf"];
  const stored = (limit: string) => (limit === "+Inf" ? "Infinity" : limit);
  return [
    {
      ...{ name: "workflow_triggered_total", type: "counter" },
      help: "Runs that were triggered, by workflow.",
      samples: each(({ runs }) => runs, counter("others_runs")),
    },
    {
      ...{ name: "workflow_failures_total", type: "counter" },
      help: "Attempts that failed, timed out or were lost, by workflow. Runs that ended before they started are none.",
      samples: each(({ failures }) => failures, counter("others_failures")),
    },
    {
      ...{ name: "workflow_waiting", type: "gauge" },
      help: "Runs that wait for a slot or a runner, by workflow. Delayed runs and those of paused workflows do not wait.",
      samples: each((one) => one.waiting, waiting),
    },
    {
      ...{ name: "workflow_oldest_waiting_seconds", type: "gauge" },
      help: "How long the oldest of these has waited since it was triggered, retried, released or resumed, or its delay ended; 0 without one.",
      samples: each((one) => one.oldest_waiting_seconds, oldest),
    },
    {
      ...{ name: "workflow_duration_seconds", type: "histogram" },
      help: "From the start of an attempt to its end, by workflow.",
      samples: [
        ...shown.flatMap(({ id, name, buckets, seconds }) => histogramOf(labelsOf(id, name), limits, buckets, seconds)),
        ...histogramOf(
          OTHERS,
          limits,
          limits.map((limit) => counter("others_bucket", stored(limit))),
          counter("others_sum"),
        ),
      ],
    },
  ];
}

const histogramOf = (labels: string, limits: readonly string[], buckets: readonly number[], seconds: number) => [
  ...limits.map((limit, n): Family["samples"][number] => ["_bucket", `${labels},le="${limit}"`, buckets[n] ?? 0]),
  ["_sum", labels, seconds] satisfies Family["samples"][number],
  ["_count", labels, buckets.at(-1) ?? 0] satisfies Family["samples"][number],
];

/** The name of a workflow may have any character. */
function labelsOf(id: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `workflow_id="${id}",workflow="${escaped}"`;
}
