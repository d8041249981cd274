import { describeSecrets } from "./secrets.ts";

// `test/access/access.deep.test.ts` tries all invalid credentials, and a failing database.
describeSecrets(1, { ownServer: false });
