import { describeIsolation } from "./isolation.ts";

// `test/deep/access.test.ts` tries all callers at each operation.
describeIsolation(1);
