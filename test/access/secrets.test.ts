import { describeSecrets } from "./secrets.ts";

// `test/deep/access.test.ts` tries all invalid credentials, and a failing database.
describeSecrets(1, { ownServer: false });
