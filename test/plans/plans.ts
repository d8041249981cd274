import { askHarness } from "../support/harness.ts";
import type { ExplainedStatement, PlanNode } from "../support/harness-protocol.ts";
import type { Service } from "../support/service.ts";

/** Does `action`. Returns its result, and the plans of all statements that the service sent for it. */
export async function explained<Result>(
  service: Service,
  action: () => Promise<Result>,
): Promise<[Result, ExplainedStatement[]]> {
  const parameters = { database: new URL(service.database.url).pathname.slice(1) };
  await askHarness("/explain/start", parameters);
  const result = await action();
  return [result, await askHarness<ExplainedStatement[]>("/explain/stop", parameters)];
}

/** All nodes of a statement's plans. */
export function nodesOf({ plans }: ExplainedStatement): PlanNode[] {
  const walk = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(walk)];
  return plans.flatMap(({ Plan }) => walk(Plan));
}

/** How many rows of tables, or of one table, the statements read, whether they were needed or not. */
export function rowsRead(statements: readonly ExplainedStatement[], table?: string): number {
  return statements
    .flatMap(nodesOf)
    .filter((node) => table === undefined || node["Relation Name"] === table)
    .filter((node) => node["Node Type"].endsWith("Scan") && (node["Relation Name"] ?? node["Index Name"]) !== undefined)
    .reduce(
      (sum, node) => sum + (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"],
      0,
    );
}

/** How many blocks of tables and indexes the statements read, including those of the statements in the functions that they call. */
export function blocksRead(statements: readonly ExplainedStatement[]): number {
  return statements
    .flatMap(({ plans }) => plans.slice(-1))
    .reduce((sum, { Plan }) => sum + Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"], 0);
}
