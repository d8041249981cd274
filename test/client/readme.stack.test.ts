/** The README of the package in `client/`, word for word. */
import { describe } from "vitest";
import { describeReadme } from "./readme.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("its README", () => describeReadme(world));
