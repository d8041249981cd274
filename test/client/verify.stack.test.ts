/** `workflow-runs verify`, against runners with a URL: the examples, and some that are broken. */
import { describe } from "vitest";
import { describeVerify } from "./verify.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("verify", () => describeVerify(world));
