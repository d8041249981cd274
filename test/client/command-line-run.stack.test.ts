/** `workflow-runs run`: a runner in one line. */
import { describe } from "vitest";
import { describeArtifacts } from "./artifacts.ts";
import { describeInit } from "./init.ts";
import { startLongRuns } from "./long-runs.ts";
import { describeRun } from "./run.ts";
import { describeRunEnds } from "./run-ends.ts";
import { describeRunService } from "./run-service.ts";
import { describeSuspend } from "./suspend.ts";
import { useWorld } from "./world.ts";

const world = useWorld({ WORK_SECONDS: "1" });
const describeLongRuns = startLongRuns(world);

describe("a runner in one line", () => {
  describeRun(world);
  describeRunEnds(world);
  describeRunService(world);
  describeArtifacts(world);
  describeSuspend(world);
  describeInit(world);
  describeLongRuns();
});
