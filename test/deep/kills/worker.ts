/**
 * The Worker as a process that can be killed: `node worker.ts <script> <port>`, with its bindings as JSON in
 * BINDINGS. Fires the cron far more often than production does, so that the sweep is under way when it is killed.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const CRON_INTERVAL_MS = 300;

const [, , script = "", port = ""] = process.argv;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    handleStructuredLogs: () => {},
    script: readFileSync(script, "utf8"),
    compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "",
    bindings: JSON.parse(process.env.BINDINGS ?? "{}"),
    host: "127.0.0.1",
    port: Number(port),
  }),
);
await miniflare.ready;
const worker = await miniflare.getWorker();
for (;;) {
  // Without a database it fails, and the next one goes on.
  await worker.scheduled({ cron: "* * * * *" }).catch(() => {});
  await delay(CRON_INTERVAL_MS);
}
