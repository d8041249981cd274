/**
 * The Worker as a process that can be killed: `node worker.ts <folder> <port>`, with the folder that it was built into, and with its
 * bindings as JSON in BINDINGS, and with a folder for what is stored in STORAGE. It has its Durable Objects with HAS_OBJECTS, and otherwise a
 * bucket. With INSPECTOR_PORT, its inspector is there. It fires the cron every CRON_MS, so that a kill can hit a sweep.
 */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { compatibilityDate, forMiniflare, MODULE_REGISTRY, readModules } from "../../scripts/local/bundle.ts";

const [, , folder = "", port = ""] = process.argv;
const { BINDINGS = "{}", CRON_MS = "60000", STORAGE, HAS_OBJECTS = "", INSPECTOR_PORT = "" } = process.env;
const objects = {
  durableObjects: {
    HUB: { className: "Hub", useSQLite: true },
    REGISTER: { className: "Register", useSQLite: true },
  },
};
const miniflare = new Miniflare({
  ...convertV4MiniflareOptions({
    modules: forMiniflare(readModules(folder)),
    handleStructuredLogs: () => {},
    compatibilityDate: compatibilityDate(),
    compatibilityFlags: [MODULE_REGISTRY],
    bindings: JSON.parse(BINDINGS),
    host: "127.0.0.1",
    port: Number(port),
    ...(HAS_OBJECTS === "" ? { r2Buckets: ["ARTIFACTS"] } : objects),
    ...(INSPECTOR_PORT !== "" && { inspectorPort: Number(INSPECTOR_PORT) }),
  }),
  // Without it, the storage is in a folder of this process alone. The options of version 4 have no name for it.
  ...(STORAGE !== undefined && { resourcePersistencePath: STORAGE }),
});
await miniflare.ready;
const worker = await miniflare.getWorker();
for (;;) {
  // The sweep fails without a database, and the next one continues.
  await worker.scheduled({ cron: "* * * * *" }).catch(() => {});
  await delay(Number(CRON_MS));
}
