import { describe } from "vitest";
import { describeIsolation } from "./isolation.ts";
import { describeMatrix } from "./matrix.ts";
import { describeSecrets } from "./secrets.ts";

describe("every caller, known or not, at every operation", () => describeMatrix(Number.POSITIVE_INFINITY));

describe("six callers of a tenant, at every operation on another", () => describeIsolation(6));

describe("six callers, known or not, when the service is searched for secrets", () =>
  describeSecrets(6, { ownServer: true }));
