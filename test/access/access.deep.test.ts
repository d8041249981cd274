import { describe } from "vitest";
import { describeIsolation } from "./isolation.ts";
import { describeMatrix } from "./matrix.ts";

describe("every caller, known or not, at every operation", describeMatrix);

describe("the callers of a tenant, at every operation on another", describeIsolation);
