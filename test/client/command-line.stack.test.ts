/** The command line of the package in `client/`, as its users have it. */
import { describe } from "vitest";
import { describeCommandLine } from "./command-line.ts";
import { describeHelp } from "./help.ts";
import { describePolicy } from "./policy.ts";
import { useWorld } from "./world.ts";

const world = useWorld({ WORK_SECONDS: "1" });

describe("the command line", () => describeCommandLine(world));

describe("its help", () => describeHelp(world));

describe("the policy of a workflow", () => describePolicy(world));
