/** The command line of the package in `client/`, as its users have it. */
import { describe } from "vitest";
import { describeCommandLine } from "./client/command-line.ts";
import { describeRun } from "./client/run.ts";
import { useWorld } from "./client/world.ts";

const world = useWorld();

describe("the command line", () => describeCommandLine(world));

describe("a runner in one line", () => describeRun(world));
