import { Command } from "commander";
import { afterEach, expect, it, vi } from "vitest";
import { addInit } from "../src/cli/commands/init.ts";
import { addWorkflows } from "../src/cli/commands/workflows.ts";
import { explainError } from "../src/cli/exit.ts";
import { fakeService, json } from "./fake-service.ts";

const ID = "01920000-0000-7000-8000-000000000301";
const NONE = json({ items: [], total: 0 });
const ANSWERS = [
  json({ id: ID, name: "Monthly" }, 201),
  json({}),
  json({ detail: [{ loc: ["body", "when_busy"], type: "t", msg: "Needs one slot." }] }, 422),
];

const next = (flags: string) =>
  `Do not create another one: run \`workflow-runs workflows update ${ID}\` with ${flags}.`;

afterEach(() => void vi.unstubAllGlobals());

/** What a command prints when it fails, its exit code, and the methods of its requests. */
async function failureOf(words: readonly string[], ...answers: Parameters<typeof fakeService>) {
  const { asked, fetch, options } = fakeService(...answers);
  vi.stubGlobal("fetch", fetch);
  const program = new Command().option("--url <url>").option("--api-key <key>").exitOverride();
  addWorkflows(program);
  addInit(program);
  const flags = ["--url", options.url, "--api-key", options.apiKey];
  const error = await program.parseAsync([...words, ...flags], { from: "user" }).catch((thrown: unknown) => thrown);
  return { ...explainError(error), asked: asked.map(({ method }) => method) };
}

it("says which workflow was created when its policy is refused, and how to go on, since a second one would be a namesake", async () => {
  const created = await failureOf(["workflows", "create", "Monthly", "--lease", "--max-running", "5"], ...ANSWERS);
  expect(created).toEqual({
    exitCode: 4,
    text: `when_busy: Needs one slot.
The workflow ${ID} was created, but its policy was not set. ${next("the flags of the policy")}`,
    asked: ["POST", "GET", "PUT"],
  });
  const words = ["init", "Monthly", "--to", "/tmp/workflow-runs-init"];
  expect(await failureOf(words, NONE, ...ANSWERS)).toMatchObject({
    exitCode: 4,
    text: expect.stringContaining(next("--lease, and then `init` again")),
  });
});
