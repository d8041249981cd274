import { describeMatrix } from "./matrix.ts";

// All unknown callers at each operation: `test/deep/access.test.ts`.
describeMatrix(4);
