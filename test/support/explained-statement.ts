/** A node of a plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` writes it. */
export type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
};

export type ExplainedStatement = { query: string; plans: { Plan: PlanNode }[] };
