/** The package in `client/`, as its users have it. */
import { describe } from "vitest";
import { describePackage } from "./package.ts";
import { describeWalk } from "./walk.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("the package", () => describePackage(world));

describe("the walk of docs/first-workflow.md", () => describeWalk(world));
