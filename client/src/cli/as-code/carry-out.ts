/** Carries out a plan, step by step. */
import { InvalidRequest } from "../../problem.ts";
import { CliError, explainError, isOutage } from "../exit.ts";
import type { WorkflowsFile } from "./file.ts";
import type { Plan } from "./plan.ts";
import { PART_LISTS } from "./present.ts";
import type { KeyPath } from "./schema.ts";
import type { MadeSecret, Step } from "./steps.ts";

export type Listeners = {
  /** Called before each step. */
  tell?: (step: Step, done: number, of: number) => void;
  /** Called at once with each secret that the service has made: it shows it only once, also when a later step fails. */
  keep: (secret: MadeSecret) => void;
};

/** The steps in the order of the changes, but for those that name workflows: these come when all of them are there, before the deletions. */
function inOrder(changes: Plan["changes"]): Step[] {
  const steps = (isDeletion: boolean) =>
    changes
      .filter(({ action, kind }) => (action === "delete" || kind === "trigger") === isDeletion)
      .flatMap((change) => change.steps);
  const first = steps(false);
  return [...first.filter(({ isLate }) => !isLate), ...first.filter(({ isLate }) => isLate), ...steps(true)];
}

/**
 * Carries out the steps in their order.
 * @throws CliError when a step fails. The message says what was done, what has failed and why, and what was not done
 */
export async function carryOut({ changes }: Plan, file: WorkflowsFile, { tell, keep }: Listeners): Promise<void> {
  const steps = inOrder(changes);
  for (const [done, step] of steps.entries()) {
    tell?.(step, done, steps.length);
    try {
      const made = await step.run();
      if (made !== null) keep(made);
    } catch (error) {
      throw failed(error, file, steps, done);
    }
  }
}

function failed(error: unknown, file: WorkflowsFile, steps: readonly Step[], done: number): CliError {
  const { text, exitCode } = explainError(error);
  const step = steps[done];
  const why = error instanceof InvalidRequest && step?.at ? faultLines(error, file, step.at) : [text];
  const list = (title: string, some: readonly Step[]) =>
    some.length === 0 ? [] : [title, ...some.map((one) => `  ${one.text}`)];
  // After an outage, the step that has failed may have been done, too.
  const mayBeDone = steps.slice(0, isOutage(error) ? done + 1 : done);
  const lines = [
    `This has failed: ${step?.text}`,
    ...why.map((line) => `  ${line}`),
    ...(mayBeDone.length === 0 ? ["Nothing was changed."] : list("This was done before:", steps.slice(0, done))),
    ...list("This was not done:", steps.slice(done + 1)),
    "When the cause is gone, run the same command again: it goes on with what is missing.",
    ...(mayBeDone.some(({ isRotation }) => isRotation) ? [ROTATED] : []),
  ];
  return new CliError(lines.join("\n"), exitCode);
}

const ROTATED =
  "With --rotate, first give the senders their new secrets: when a trigger is rotated again, its old secret ends at once.";

/** How the file calls the fields that have another name in the API. */
const IN_FILE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(PART_LISTS).map(([name, ids]) => [ids, name])),
  template_path_part_id: "template",
};

/** The faults of an answer, each with its place in the file. */
const faultLines = ({ faults }: InvalidRequest, file: WorkflowsFile, at: KeyPath): string[] =>
  faults.map(({ loc, msg }) => {
    const inStep = loc.slice(1).map((key) => IN_FILE[key] ?? key);
    const label = inStep.length === 0 ? "" : `${inStep.join(".")}: `;
    return `${file.placeOf([...at, ...inStep])}: ${label}${msg}`;
  });
