import { describeSecrets } from "./secrets.ts";

// All invalid credentials, and a database that fails: `test/deep/access.test.ts`.
describeSecrets(4, { ownServer: false });
