/** The package in `client/`, as its users have it. */
import { describe } from "vitest";
import { describePackage } from "./client/package.ts";
import { describeReadme } from "./client/readme.ts";
import { describeWalk } from "./client/walk.ts";
import { useWorld } from "./client/world.ts";

const world = useWorld();

describe("the package", () => describePackage(world));

describe("its README", () => describeReadme(world));

describe("the walk of docs/first-workflow.md", () => describeWalk(world));
