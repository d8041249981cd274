/** The package in `client/`, as its users have it, on one local stack. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { type Stack, startStack } from "../../scripts/local/browser.ts";
import { describeCommandLine } from "./client/command-line.ts";
import { installClient } from "./client/installed-client.ts";
import { describePackage } from "./client/package.ts";
import { describeReadme } from "./client/readme.ts";
import { describeRun } from "./client/run.ts";
import { describeVerify } from "./client/verify.ts";
import { describeWalk } from "./client/walk.ts";

const folder = mkdtempSync(join(tmpdir(), "workflow-runs-client-"));
let stack: Stack;

beforeAll(async () => {
  [stack] = await Promise.all([startStack(), installClient(folder)]);
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const world = () => ({ folder, url: stack.url, runnerUrl: stack.runnerUrl });

describe("the package", () => describePackage(world));

describe("the command line", () => describeCommandLine(world));

describe("verify", () => describeVerify(world));

describe("its README", () => describeReadme(world));

describe("a runner in one line", () => describeRun(world));

describe("the walk of docs/first-workflow.md", () => describeWalk(world));
