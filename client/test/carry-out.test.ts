import { expect, it } from "vitest";
import { carryOut } from "../src/cli/as-code/carry-out.ts";
import { readFile } from "../src/cli/as-code/file.ts";
import type { MadeSecret } from "../src/cli/as-code/steps.ts";
import { CliError } from "../src/cli/exit.ts";
import schema from "../workflows.schema.json" with { type: "json" };

const FILE = readFile("workflows.yaml", "root: /workflows\nworkflows: {}\n", schema);
const SECRET: MadeSecret = {
  triggerId: "t",
  path: "/workflows/One",
  name: "Hook",
  url: "u",
  scheme: "token",
  secret: "s",
};

it("hands over a secret that the service has made before the next step, so that it is kept when that fails", async () => {
  const kept: MadeSecret[] = [];
  const step = (text: string, run: () => Promise<MadeSecret | null>) => ({ text, at: null, run });
  const steps = [
    step("Create the trigger", async () => SECRET),
    step("Create another one", async () => {
      expect(kept).toEqual([SECRET]);
      throw new CliError("The service is away.");
    }),
  ];
  const change = { action: "create", kind: "workflow", path: "/workflows/One", name: null } as const;
  const plan = { changes: [{ ...change, differences: [], runs: 0, steps }], left: [], missing: [] };
  await expect(carryOut(plan, FILE, { keep: (secret) => kept.push(secret) })).rejects.toThrow("The service is away.");
  expect(kept).toEqual([SECRET]);
});
