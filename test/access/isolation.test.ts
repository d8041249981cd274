import { describeIsolation } from "./isolation.ts";

// All callers at each operation: `test/deep/access.test.ts`.
describeIsolation(2);
