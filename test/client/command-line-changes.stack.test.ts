/**
 * The command line of the package in `client/`: what changes much at once, and what waits or follows. It runs on the newest Node here, and
 * on the oldest in the other files.
 */
import { describe } from "vitest";
import { describeAsCode } from "./as-code.ts";
import { describeAudit } from "./audit.ts";
import { describeBatches } from "./batches.ts";
import { describeChangesOfRuns, describeChangesOfWorkflows, describePeople } from "./changes.ts";
import { describeDelayedRuns } from "./delayed-runs.ts";
import { describeEvents } from "./events.ts";
import { describeNotify } from "./notify.ts";
import { describeTriggers } from "./triggers.ts";
import { describeWaiting } from "./waiting.ts";
import { useWorld } from "./world.ts";

const world = useWorld({ WORK_SECONDS: "1" }, "24");

describe("changes of many runs", () => describeChangesOfRuns(world));

describe("batches of runs", () => describeBatches(world));

describe("delayed runs", () => describeDelayedRuns(world));

describe("changes of workflows", () => describeChangesOfWorkflows(world));

describe("users and invites", () => describePeople(world));

describe("waiting for runs", () => describeWaiting(world));

describe("events", () => describeEvents(world));

describe("audit", () => describeAudit(world));

describe("notify", () => describeNotify(world));

describe("triggers", () => describeTriggers(world));

describe("apply and export", () => describeAsCode(world));
