import { describeIsolation } from "./isolation.ts";

// `test/access/access.deep.test.ts` tries all callers at each operation.
describeIsolation(1);
