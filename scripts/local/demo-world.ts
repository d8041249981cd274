/** The users, files and workflows of the demo tenant that the README does not mention. */
import type { PartType } from "../../src/db/enums.ts";
import { demoId, pathSnapshot } from "./demo-id.ts";
import { type ExampleRunner, runnerColumns } from "./demo-runner.ts";

const MINUTE = 60;
const HOUR = 3600;

/** Id, first and last name, role. They have no keys. */
export const MORE_PEOPLE = [
  [demoId(204), "Mia", "Tanaka", "USER"],
  [demoId(205), "Jonas", "Weber", "USER"],
  [demoId(206), "Amara", "Okafor", "ADMIN"],
  [demoId(207), "Lucía", "Fernández", "USER"],
] as const;

/** Id, parent, path, kind. */
export const MORE_FILES: [string, string, string, PartType][] = [
  [demoId(120), demoId(101), "/shared/invoices", "FOLDER"],
  [demoId(121), demoId(120), "/shared/invoices/2026-10", "FOLDER"],
  [demoId(122), demoId(121), "/shared/invoices/2026-10/acme-4711.pdf", "DOCUMENT"],
  [demoId(123), demoId(121), "/shared/invoices/2026-10/globex-0815.pdf", "DOCUMENT"],
  [demoId(124), demoId(120), "/shared/invoices/how-to-add-up.md", "DOCUMENT"],
  [demoId(125), demoId(101), "/shared/contracts", "FOLDER"],
  [demoId(126), demoId(125), "/shared/contracts/lease-berlin.docx", "DOCUMENT"],
  [demoId(127), demoId(101), "/shared/review-checklist.md", "DOCUMENT"],
  [demoId(128), demoId(101), "/shared/reviews", "FOLDER"],
  [demoId(129), demoId(101), "/shared/tickets", "FOLDER"],
  [demoId(130), demoId(129), "/shared/tickets/week-47.csv", "DOCUMENT"],
  [demoId(131), demoId(101), "/shared/templates", "FOLDER"],
  [demoId(132), demoId(131), "/shared/templates/letter.docx", "DOCUMENT"],
  [demoId(133), demoId(132), "/shared/templates/letter.docx/v2", "DOCUMENT_VERSION"],
  [demoId(134), demoId(131), "/shared/templates/report.md", "DOCUMENT"],
];

export type Workflow = {
  id: string;
  pathPartId: string;
  name: string;
  description: string;
  limitSeconds: number;
  isActive: boolean;
  source: string;
  instruction: string;
  output: string;
  template: string;
};

/** Workflows that no command of the README invokes. They have past runs. */
export const MORE_WORKFLOWS: Workflow[] = [
  {
    id: demoId(303),
    pathPartId: demoId(113),
    name: "Invoice totals",
    description: "Adds up the month’s invoices and flags those without an order number.",
    limitSeconds: 15 * MINUTE,
    isActive: true,
    source: demoId(121),
    instruction: demoId(124),
    output: demoId(105),
    template: demoId(134),
  },
  {
    id: demoId(304),
    pathPartId: demoId(114),
    name: "Contract review",
    description: "Compares each contract with the checklist and writes a letter.",
    limitSeconds: 2 * HOUR,
    isActive: true,
    source: demoId(125),
    instruction: demoId(127),
    output: demoId(128),
    template: demoId(132),
  },
  {
    id: demoId(305),
    pathPartId: demoId(115),
    name: "Support triage",
    description: "Sorts the week’s tickets by urgency. Paused until the new form is out.",
    limitSeconds: 5 * MINUTE,
    isActive: false,
    source: demoId(129),
    instruction: demoId(127),
    output: demoId(106),
    template: demoId(134),
  },
];

export const partOf = (id: string) => {
  const found = MORE_FILES.find(([known]) => known === id);
  if (found) return pathSnapshot(id, found[2], found[3]);
  const [path, type] = KNOWN_FILES[id] ?? ["/shared", "FOLDER"];
  return pathSnapshot(id, path, type);
};

const KNOWN_FILES: Record<string, [string, PartType]> = {
  [demoId(103)]: ["/shared/reports/q1", "FOLDER"],
  [demoId(104)]: ["/shared/how-to-summarise.md", "DOCUMENT"],
  [demoId(105)]: ["/shared/summaries", "FOLDER"],
  [demoId(106)]: ["/shared/digests", "FOLDER"],
};

export const partsOf = ({
  source,
  instruction,
  output,
  template,
}: Pick<Workflow, "source" | "instruction" | "output" | "template">) => ({
  sources: [partOf(source)],
  instructions: [partOf(instruction)],
  outputs: [partOf(output)],
  template: partOf(template),
});

/** The row of a definition. */
export async function toMoreDefinition(tenantId: string, workflow: Workflow, example: ExampleRunner) {
  const { id, pathPartId, name, description, limitSeconds, isActive, source, instruction, output, template } = workflow;
  return {
    id,
    pathPartId,
    name,
    description,
    isActive,
    ...(await runnerColumns(example, id)),
    maxRunDurationSeconds: limitSeconds,
    tenantId,
    runnerType: "SELF_HOSTED" as const,
    sourcePathPartIds: [source],
    instructionPathPartIds: [instruction],
    outputPathPartIds: [output],
    templatePathPartId: template,
  };
}
