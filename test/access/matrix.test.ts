import { describeMatrix } from "./matrix.ts";

// `test/deep/access.test.ts` tries all unknown callers at each operation.
describeMatrix(1);
