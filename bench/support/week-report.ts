/** What the rehearsal of `week-one` has shown, as goals and a table. */
import type { WeekSetting } from "./context.ts";
import { number, type Report } from "./report.ts";
import { quantile } from "./rounds.ts";
import { type Lived, LOGGING, type Second } from "./week.ts";

export type WeekSeen = {
  setting: WeekSetting;
  /** In seconds since the begin. */
  times: { workS: number; refusingS: number; steadyFromS: number; deployedS: number; refusedS: number; endS: number };
  /** The requests that the database has taken, by the second since 1970. */
  requests: Map<number, number>;
  /** The same in the steady time before the deployment, by the SQL function. */
  functions: Map<string, number>;
  /** The lines of the log that are errors. `at` is in seconds since 1970. */
  errors: { at: number; error: string }[];
  /** After how many seconds all streams were open again. */
  backAfter: { deployment?: number | null; refusals?: number | null };
};

export const PAGES_OF_TENANT = 1;
export const STREAMS_OF_TENANT = 2;
export const BACK_WITHIN_S = 90;
const MOST_REFUSED = 0.01;
/** The formula of docs/scale.md must be as near as this. */
const NEAR = 0.1;
/** The periods of a wave that are looked for, in seconds, and from which correlation on it is one. */
const PERIODS_S = { least: 2, most: 60 };
const WAVE = 0.5;
/** With fewer refused answers, there is nothing that could come in waves. */
const LEAST_REFUSED = 50;

export function reportWeek(seen: WeekSeen, lived: Lived, beganAt: number): Report {
  const { setting, times, backAfter } = seen;
  const isWithin = (at: number, fromS: number, toS: number) => at >= beganAt + fromS && at < beganAt + toS;
  const outageEndS = times.refusedS + times.refusingS + BACK_WITHIN_S;
  const ordinary = lived.seconds.filter(({ at }) => !isWithin(at, times.refusedS, outageEndS));
  const share = sum(ordinary, "refused") / Math.max(1, sum(ordinary, "answers"));
  const steadyS = times.deployedS - times.steadyFromS;
  const steady = [...seen.requests]
    .filter(([at]) => isWithin(at, times.steadyFromS, times.deployedS))
    .map(([, n]) => n);
  const perSecond = steady.reduce((all, n) => all + n, 0) / steadyS;
  const formula = requestsPerSecond(setting, times.workS);
  const after = lived.seconds.filter(({ at }) => isWithin(at, times.refusedS + times.refusingS, times.endS));
  const wave = strongestWave(after.map(({ refused }) => refused));
  const hasWave = sum(after, "refused") >= LEAST_REFUSED && wave.correlation >= WAVE;
  const errors = seen.errors.filter(({ at }) =>
    isWithin(at, times.deployedS, Math.min(times.deployedS + BACK_WITHIN_S, times.refusedS)),
  );
  const failures = Object.entries(lived.failures).map(([what, count]) => `${count} × ${what}`);
  const back = (seconds: number | null | undefined) =>
    typeof seconds === "number" ? `${number(seconds)} s` : "not in time";
  const isBack = (seconds: number | null | undefined) => typeof seconds === "number" && seconds <= BACK_WITHIN_S;
  const runs = Math.max(1, seen.functions.get("trigger_run") ?? 0);
  const peak = Math.max(0, ...after.map(({ at }) => seen.requests.get(at) ?? 0));
  return {
    goals: [
      {
        goal: "the first week: no invoke and no result fails after the clients' retries",
        figure: `${lived.invoked} invokes, ${lived.recorded} results${failures.length > 0 ? `; ${failures.join("; ")}` : ""}`,
        met: failures.length === 0 && lived.recorded === lived.invoked,
      },
      {
        goal: "the first week: fewer than 1 % of all answers are refusals, outside of the refusals and the 90 s after them",
        figure: `${number(100 * share)} %`,
        met: share < MOST_REFUSED,
      },
      {
        goal: "the first week: what is refused does not come back in waves",
        figure: hasWave ? `every ${wave.periodS} s, correlation ${number(wave.correlation)}` : "none",
        met: !hasWave,
      },
      {
        goal: "the first week: all streams and pages are back within 90 s",
        figure: `after the deployment ${back(backAfter.deployment)}, after the refusals ${back(backAfter.refusals)}`,
        met: isBack(backAfter.deployment) && isBack(backAfter.refusals),
      },
      {
        goal: "the first week: a deployment logs no error",
        figure: errors.length === 0 ? "none" : counted(errors.map(({ error }) => error)),
        met: errors.length === 0,
      },
      {
        goal: "the first week: requests to the database are as docs/scale.md computes them, within 10 %",
        figure: `${number(perSecond)} a second, computed ${number(formula)}`,
        met: Math.abs(perSecond - formula) <= NEAR * formula,
      },
    ],
    tables: [
      {
        title: `${setting.tenants} tenants with ${setting.rate} runs a second each, and a database that takes ${setting.limit} requests a second`,
        columns: ["", ""],
        rows: [
          [
            "requests to the database a second: p50, p95, max",
            [0.5, 0.95, 1].map((p) => number(quantile(sorted(steady), p))).join(", "),
          ],
          ["the same in the highest second after the refusals", number(peak)],
          [
            "requests to the database for each run, with those of streams and pages",
            number((perSecond * steadyS) / runs),
          ],
          ...[...seen.functions]
            .toSorted(([, one], [, other]) => other - one)
            .map(([name, count]) => [`of these, ${name}`, number(count / runs)]),
          [
            "lines of the log that are errors, in the whole time",
            counted(seen.errors.map(({ error }) => error)) || "none",
          ],
          ["answers; of these, refused", [sum(lived.seconds, "answers"), sum(lived.seconds, "refused")].join("; ")],
        ],
        notes:
          `For ${setting.minutes} minutes. A run takes ${times.workS} s, reports progress every 5 s, and one in ten logs ten lines a second. Each tenant ` +
          `has a runner, two streams of its runs, and one open page. After ${number(times.deployedS / 60)} minutes workerd was ` +
          `killed and started again with the same Durable Objects, and after ${number(times.refusedS / 60)} the database refused everything for ` +
          `${times.refusingS} s. The client tries 15 times instead of four, which would not survive that. Requests are counted between ` +
          `${number(times.steadyFromS / 60)} minutes and the deployment.`,
      },
    ],
  };
}

/** The formula of docs/scale.md for leased runs that report progress. All tenants are alike. */
function requestsPerSecond({ tenants, rate }: WeekSetting, workS: number): number {
  const ofRun = 4 + Math.max(1, workS / 15) + 1 / LOGGING;
  const ofListener = (4 * rate) / (1 + 5 * rate);
  return tenants * (rate * ofRun + (PAGES_OF_TENANT + STREAMS_OF_TENANT) * ofListener);
}

/** The period after which a series repeats itself most. The correlation is 1 when it does so exactly. */
function strongestWave(series: readonly number[]): { periodS: number; correlation: number } {
  const mean = series.reduce((all, value) => all + value, 0) / Math.max(1, series.length);
  const differences = series.map((value) => value - mean);
  const correlate = (lag: number) =>
    differences.slice(lag).reduce((all, value, n) => all + value * (differences[n] ?? 0), 0);
  const all = correlate(0) || 1;
  let strongest = { periodS: 0, correlation: 0 };
  for (let periodS = PERIODS_S.least; periodS <= Math.min(PERIODS_S.most, series.length / 2); periodS++) {
    const correlation = correlate(periodS) / all;
    // A single slow swell also correlates with itself. A wave is stronger at its period than half a period earlier.
    const isWave = correlation > correlate(Math.ceil(periodS / 2)) / all;
    if (isWave && correlation > strongest.correlation) strongest = { periodS, correlation };
  }
  return strongest;
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);

const sum = (seconds: readonly Second[], field: "answers" | "refused") =>
  seconds.reduce((all, second) => all + second[field], 0);

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(", ");
}
