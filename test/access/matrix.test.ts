import { describeMatrix } from "./matrix.ts";

// `test/access/access.deep.test.ts` tries all unknown callers at each operation.
describeMatrix(1);
