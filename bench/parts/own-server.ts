/** A server of one's own: the memory of its two processes with many streams and runners, and runs a second with Postgres beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { addLeased, post } from "../../test/own-server/first-run.ts";
import { type OwnServer, prepareServer, type Running, untilServing } from "../../test/own-server/server.ts";
import { withClient } from "../../test/support/node/postgres-client.ts";
import type { Context } from "../support/context.ts";
import { startCrowd, type Times } from "../support/crowd.ts";
import { number, type Report } from "../support/report.ts";

const RATE = 50;
const LATE_MS = 2_000;
const MOST_MIB = 512;
const CALLERS = 5;
/** Beside these, each caller has a stream of the tenant and one of a run that is under way. */
const QUIET_STREAMS_OF_A_CALLER = 18;
const STREAMS = CALLERS * (QUIET_STREAMS_OF_A_CALLER + 2);
const RUNNERS = 20;
const WORKFLOWS = 10;
const SAMPLE_MS = 500;

/** What Node and workerd hold in memory, in MiB. */
function memoryOf({ folder }: OwnServer, { process: node }: Running): number {
  const workerd = readFileSync(join(folder, "data/run/workerd.pid"), "utf8");
  const pages = [`${node.pid}`, workerd].map((pid) => {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib);
  });
  return pages.reduce((sum, kib) => sum + kib / 1024, 0);
}

export async function measureOwnServer({ quick, progress }: Context): Promise<Report> {
  const endings: (() => unknown)[] = [];
  const crowd = await startCrowd();
  endings.push(crowd.stop);
  let isOver = false;
  try {
    progress("building");
    const server = await prepareServer(endings, { persistent: true });
    const running = await untilServing(server.start());
    const atStart = memoryOf(server, running);
    const query = (text: string) =>
      withClient<Record<string, unknown>[]>(server.adminUrl, async (client) => (await client.query(text)).rows);
    await query("update tenants set limits = 'large'");
    const ids: string[] = [];
    for (let n = 0; n <= WORKFLOWS; n++) ids.push((await addLeased(server, `Workflow ${n}`)).id);
    await query("update workflow_definitions set max_running = 100");
    const [quiet, ...leased] = ids;
    const quietRunIds: string[] = [];
    for (let n = 0; n < CALLERS * QUIET_STREAMS_OF_A_CALLER; n++) {
      quietRunIds.push((await post(server, `/v1/workflow-definitions/${quiet}/invoke`, {})).id);
    }
    const keys: string[] = [];
    for (let n = 0; n < CALLERS; n++) keys.push((await post(server, "/v1/api-keys", { name: `bench ${n}` })).key);
    const url = `http://127.0.0.1:${server.port}`;
    const opened = await crowd.open({ url, keys, quietRunIds, dispatched: [], leased, runners: RUNNERS });
    await delay(quick ? 2_000 : 20_000);
    const atRest = memoryOf(server, running);
    progress(`${opened} streams open, ${number(atRest)} MiB`);

    let most = atRest;
    const sampling = (async () => {
      for (; !isOver; await delay(SAMPLE_MS)) most = Math.max(most, memoryOf(server, running));
    })();
    // Connections are opened and plans are made.
    await crowd.drive(5, quick ? 2 : 10);
    const seconds = quick ? 5 : 60;
    const driven = await crowd.drive(RATE, seconds);
    isOver = true;
    await sampling;
    const [left] = await query(
      `select count(*) as n from workflow_runs where workflow_definition_id <> '${quiet}' and status <> 'COMPLETED'`,
    );
    const { invoke, start, ofTenant, ofRun, accepted, unfinished, unseen, refusals } = driven;
    const latestMs = Math.max(...[invoke, start, ofTenant, ofRun].map(({ maxMs, count }) => (count > 0 ? maxMs : 0)));
    const text = ({ p50Ms, p95Ms, maxMs }: Times) => [p50Ms, p95Ms, maxMs].map(number).join(", ");
    const isWhole = opened === STREAMS && accepted === RATE * seconds && unfinished + unseen + Number(left?.n) === 0;
    return {
      goals: [
        {
          goal: `Node and workerd together with ${STREAMS} streams and ${RUNNERS} runners: at most ${MOST_MIB} MiB`,
          figure: `${number(atRest)} MiB`,
          met: opened === STREAMS && atRest <= MOST_MIB,
        },
        {
          goal: `the same at ${RATE} runs a second: at most ${MOST_MIB} MiB`,
          figure: `${number(most)} MiB at the highest`,
          met: opened === STREAMS && most <= MOST_MIB,
        },
        {
          goal: `${RATE} runs a second for ${seconds} s with Postgres and the clients beside: nothing later than ${LATE_MS / 1000} s, nothing lost`,
          figure: `the latest ${number(latestMs / 1000)} s, ${accepted} runs, ${unfinished} without an end, ${unseen} ends unseen`,
          met: isWhole && latestMs <= LATE_MS,
        },
      ],
      tables: [
        {
          title: `A server of one's own with ${opened} streams and ${RUNNERS} runners that lease`,
          columns: ["", `${RATE} runs a second, ${seconds} s`],
          rows: [
            ["an invoke, ms: p50, p95, max", text(invoke)],
            ["from the invoke until a runner has the run, ms", text(start)],
            ["from an event to a stream of the tenant, ms", text(ofTenant)],
            ["from an event to a stream of its run, ms", text(ofRun)],
            ["runs triggered; without an end; ends unseen", [accepted, unfinished, unseen].join("; ")],
            ...Object.entries(refusals).map(([what, count]) => [what, String(count)]),
            [
              "memory of Node and workerd together, MiB: at the start, with the streams and runners, at most",
              [atStart, atRest, most].map(number).join(", "),
            ],
          ],
          notes:
            "What `npm run build:server` makes, started as docs/own-server.md says. Postgres runs on the same machine and is reached with TLS, and " +
            "the clients and runners run there, too. A runner works for half a second. An invoke is due at an instant of its own, and its times " +
            "count from then.",
        },
      ],
    };
  } finally {
    isOver = true;
    for (const end of endings.toReversed()) await end();
  }
}
