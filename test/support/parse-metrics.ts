/** A strict reader of Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */

export type Family = { type: string; help: string; samples: Map<string, number> };

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\S+)$`);
const SUFFIXES: Record<string, readonly string[]> = { histogram: ["_bucket", "_sum", "_count"] };

/**
 * The families of metrics in a text, by name.
 * @throws Error for what breaks the format, also where a lenient reader would not mind
 */
export function parseMetrics(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("The last line has no line feed.");
  const families = new Map<string, Family>();
  let current: [string, Family] | undefined;
  const lines = text.slice(0, -1).split("\n");
  for (const [index, line] of lines.entries()) {
    const fail = (why: string) => new Error(`line ${index + 1}: ${why}: ${line}`);
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (families.has(name)) throw fail("the family is there already");
      current = [name, { type: "", help: rest, samples: new Map() }];
      families.set(...current);
    } else if (kind === "TYPE") {
      if (current?.[0] !== name || current[1].type !== "") throw fail("TYPE must follow its HELP");
      if (!["gauge", "counter", "histogram"].includes(rest)) throw fail("no such type");
      if (rest === "counter" && !name.endsWith("_total")) throw fail("a counter's name ends in _total");
      if (rest !== "counter" && name.endsWith("_total")) throw fail("only a counter's name ends in _total");
      current[1].type = rest;
    } else {
      const [, sampled = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      if (sampled === "" || current === undefined || current[1].type === "") throw fail("no sample of a family");
      const [family, { type, samples }] = current;
      const names = (SUFFIXES[type] ?? [""]).map((suffix) => family + suffix);
      if (!names.includes(sampled)) throw fail(`not of the family ${family}`);
      if (samples.has(sampled + labels)) throw fail("the sample is there already");
      if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value)) throw fail("no number");
      samples.set(sampled + labels, Number(value));
    }
  }
  for (const [name, { type, samples }] of families) {
    if (samples.size === 0) throw new Error(`${name} has no samples.`);
    if (type === "histogram") for (const series of seriesOf(samples)) checkHistogram(name, series);
  }
  return families;
}

/** The samples of a histogram by their labels, without `le`, which is the last one. */
function seriesOf(samples: ReadonlyMap<string, number>): Map<string, number>[] {
  const series = new Map<string, Map<string, number>>();
  for (const [key, value] of samples) {
    const [, sampled = "", others = "", le] = /^([^{]+)(?:\{(.*?),?(?:le="([^"]+)")?\})?$/s.exec(key) ?? [];
    const own = series.get(others) ?? new Map<string, number>();
    series.set(others, own.set(le === undefined ? sampled : `${sampled}{le="${le}"}`, value));
  }
  return [...series.values()];
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const buckets = [...samples].flatMap(([key, value]) => {
    const [, bound] = /_bucket\{le="([^"]+)"\}$/.exec(key) ?? [];
    return bound === undefined ? [] : [{ bound: bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), value }];
  });
  const grows = buckets.every(({ bound, value }, index) => {
    const before = buckets[index - 1];
    return before === undefined || (bound > before.bound && value >= before.value);
  });
  if (!grows) throw new Error(`The buckets of ${name} do not grow.`);
  const last = buckets.at(-1);
  if (last?.bound !== Number.POSITIVE_INFINITY || last.value !== samples.get(`${name}_count`)) {
    throw new Error(`The last bucket of ${name} is not its count.`);
  }
  if (!samples.has(`${name}_sum`)) throw new Error(`${name} has no sum.`);
}
