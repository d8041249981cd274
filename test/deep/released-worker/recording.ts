/** What a Worker of an earlier release sent to its database: see `record.ts`. */

/** One request, which is one transaction. */
export type RecordedRequest = {
  /** The text, as its number in `queries`, and the parameters of each statement. */
  statements: { query: number; params: unknown[] }[];
  isBatch: boolean;
  isolationLevel: string | null;
  /** What the database answered: see {@link shapeOf}. */
  answer: string[];
};

export type Step = {
  name: string;
  /** What was backdated before this step. */
  backdated: string | null;
  requests: RecordedRequest[];
  /** The state of each run after this step. */
  stand: string[];
};

export type Recording = { commit: string; queries: string[]; steps: Step[] };

type Result = { fields: { name: string }[]; rows: unknown[] };

/**
 * The shape of an answer: for the first row of each result, the paths of its values with their types. The Worker depends on
 * these, and ignores any additional values.
 */
export function shapeOf(answer: Result | { results: Result[] }): string[] {
  const results = "results" in answer ? answer.results : [answer];
  return results.flatMap(({ fields, rows: [row] }, number) => {
    if (row === undefined) return [`${number}: no row`];
    const values = typeof row === "object" && row !== null ? Object.values(row) : [];
    return fields.flatMap(({ name }, column) => shapeOfValue(values[column], `${number}.${name}`));
  });
}

function shapeOfValue(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shapeOfValue(item, `${path}[]`)))];
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, item]) => shapeOfValue(item, `${path}.${name}`));
  }
  // Postgres answers with texts. Those of `jsonb` begin like this.
  if (typeof value === "string" && /^[[{]\W*["[{]/.test(value)) {
    try {
      return shapeOfValue(JSON.parse(value), path);
    } catch {
      // A Postgres array.
    }
  }
  return [`${path}: ${value === null ? "null" : typeof value}`];
}
