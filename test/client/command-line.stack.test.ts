/** The command line of the package in `client/`, as its users have it. */
import { describe } from "vitest";
import { describeChangesOfRuns, describeChangesOfWorkflows, describePeople } from "./changes.ts";
import { describeCommandLine } from "./command-line.ts";
import { describeEvents } from "./events.ts";
import { describeHelp } from "./help.ts";
import { startLongRuns } from "./long-runs.ts";
import { describeNotify } from "./notify.ts";
import { describePolicy } from "./policy.ts";
import { describeRun } from "./run.ts";
import { describeRunEnds } from "./run-ends.ts";
import { describeRunService } from "./run-service.ts";
import { describeWaiting } from "./waiting.ts";
import { useWorld } from "./world.ts";

const world = useWorld({ WORK_SECONDS: "1" });
const describeLongRuns = startLongRuns(world);

describe("the command line", () => describeCommandLine(world));

describe("changes of many runs", () => describeChangesOfRuns(world));

describe("changes of workflows", () => describeChangesOfWorkflows(world));

describe("users and invites", () => describePeople(world));

describe("waiting for runs", () => describeWaiting(world));

describe("its help", () => describeHelp(world));

describe("events", () => describeEvents(world));

describe("notify", () => describeNotify(world));

describe("the policy of a workflow", () => describePolicy(world));

describe("a runner in one line", () => {
  describeRun(world);
  describeRunEnds(world);
  describeRunService(world);
  describeLongRuns();
});
