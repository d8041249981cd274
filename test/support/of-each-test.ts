/** What each test of a file gets anew. The fields of these objects are those of the test that runs. */
import { beforeEach } from "vitest";
import { type Browser, openTenant } from "./browser.ts";
import type { Service } from "./service.ts";
import { createTenant, type TestTenant } from "./tenant.ts";

/** A tenant: see `createTenant`. */
export function tenantOfEachTest({ database }: Service, options?: Parameters<typeof createTenant>[1]): TestTenant {
  const tenant = {} as TestTenant;
  beforeEach(async () => void Object.assign(tenant, await createTenant(database, options)));
  return tenant;
}

/** A tenant whose OWNER and USER are signed in: see `openTenant`. */
export function openedTenantOfEachTest(service: Service): { tenant: TestTenant; owner: Browser; user: Browser } {
  const [tenant, owner, user] = [{} as TestTenant, {} as Browser, {} as Browser];
  beforeEach(async () => {
    const opened = await openTenant(service);
    Object.assign(tenant, opened.tenant);
    Object.assign(owner, opened.owner);
    Object.assign(user, opened.user);
  });
  return { tenant, owner, user };
}
