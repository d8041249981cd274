/** Workflows as code: the file of `workflow-runs apply`, by the modules of the command line, against the Worker. */
import { describe, expect, it } from "vitest";
import { carryOut } from "../../client/src/cli/as-code/carry-out.ts";
import { exportOf, yamlOf } from "../../client/src/cli/as-code/export.ts";
import { readFile, schemasIn } from "../../client/src/cli/as-code/file.ts";
import { type PlanOptions, planOf } from "../../client/src/cli/as-code/plan.ts";
import { deletionOf, planLines } from "../../client/src/cli/as-code/plan-lines.ts";
import type { MadeSecret } from "../../client/src/cli/as-code/steps.ts";
import { createClient, unwrap } from "../../client/src/index.ts";
import fileSchema from "../../client/workflows.schema.json";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService();

const SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMgcnVubmVy";
const VARIABLES = { RUNNER: SECRET, GITHUB: "sixteen bytes or more" };

/** The command line of an owner, without its printing. `asked` collects the methods and paths of its changes. */
function commandLine({ owner }: TestTenant, key = owner.key) {
  const asked: string[] = [];
  const client = createClient({
    url: "https://service.test",
    apiKey: key,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (request.method !== "GET") asked.push(`${request.method} ${pathname}`);
      const body = request.method === "GET" ? undefined : await request.text();
      return service.fetch(pathname + search, {
        method: request.method,
        headers: request.headers,
        ...(body && { body }),
      });
    },
  });
  async function plan(text: string, options: Partial<PlanOptions> = {}) {
    const file = readFile("workflows.yaml", text, fileSchema);
    const all = { dryRun: true, prune: false, rotate: false, variables: VARIABLES, ...options };
    return { file, plan: await planOf(client, file, schemasIn(fileSchema), all) };
  }
  return {
    asked,
    client,
    plan,
    lines: async (text: string, options?: Partial<PlanOptions>) => planLines((await plan(text, options)).plan),
    async apply(text: string, options?: Partial<PlanOptions>) {
      const { file, plan: planned } = await plan(text, { dryRun: false, ...options });
      const secrets: MadeSecret[] = [];
      await carryOut(planned, file, { keep: (secret) => secrets.push(secret) });
      return { lines: planLines(planned), secrets };
    },
    export: async (root = "/workflows") => yamlOf(await exportOf(client, root, fileSchema), client.url),
  };
}

const FILE = `
root: /workflows/finance
workflows:
  /workflows/finance/Quarterly report:
    description: |
      What the quarter
      was like
    sources: [/sources/]
    instructions: [/instructions.md]
    outputs: [/outputs/reports/q1]
    runner_config:
      url: https://runner.example.com/hook
      webhook_secret: \${env:RUNNER}
    policy: { max_running: 5, max_attempts: 3, retry_on: [UNREACHED, LOST] }
    triggers:
      Every weekday:
        schedule: { cron: "0 6 * * 1-5", time_zone: Europe/Berlin, ends_at: 2099-01-31T12:00+01:00 }
        input: { quarter: 2026-Q1, deep: [{ b: 1, a: null }] }
        labels: { customer: "4711" }
      On push:
        webhook: { scheme: github, when: [push], pick: { commit: /after } }
        secret: \${env:GITHUB}
      By token:
        webhook: { scheme: token }
  /workflows/finance/Publish:
    sources: [/inbox/new/]
    instructions: [/instructions.md]
    outputs: [/outputs/reports/]
    policy: { handover: lease }
    is_active: false
    triggers:
      Then:
        run: { of: /workflows/finance/Quarterly report, on: completed, input_from: output }
        is_active: false
`;

const headsOf = (lines: readonly string[]) => lines.filter((line) => !line.startsWith(" "));

/** The message of what an action throws. */
async function refusal(action: () => Promise<unknown>): Promise<string[]> {
  const error = await action().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return String(error instanceof Error ? error.message : error).split("\n");
}

describe("apply", () => {
  it("creates folders, workflows, policies and triggers, and then changes nothing", async () => {
    const tenant = await createTenant(service.database);
    const { apply, plan, asked, client } = commandLine(tenant);
    const { lines, secrets } = await apply(FILE);
    expect(headsOf(lines)).toEqual([
      "+ create folder /outputs/reports/",
      "+ create folder /outputs/reports/q1/",
      "+ create folder /inbox/",
      "+ create folder /inbox/new/",
      "+ create workflow /workflows/finance/Quarterly report",
      '+ create trigger "Every weekday" of /workflows/finance/Quarterly report',
      '+ create trigger "On push" of /workflows/finance/Quarterly report',
      '+ create trigger "By token" of /workflows/finance/Quarterly report',
      "+ create workflow /workflows/finance/Publish",
      '+ create trigger "Then" of /workflows/finance/Publish',
    ]);
    expect(lines).toContain("    policy.max_running: 5");
    expect(lines.join()).not.toContain(SECRET);
    expect(secrets).toMatchObject([{ name: "By token", scheme: "token", secret: expect.stringMatching(/^whsec_/) }]);

    asked.length = 0;
    for (const options of [{}, { prune: true }]) expect((await plan(FILE, options)).plan.changes).toEqual([]);
    await apply(FILE);
    expect(asked).toEqual([]);

    // Planning only reads, so a USER who may see everything can do it, too.
    const folder = { name: "workflows", part_type: "FOLDER" };
    const query = { limit: 100, max_depth: 1 };
    const { items: parts } = await unwrap(client.api.GET("/v1/path-parts", { params: { query } }));
    expect(parts).toContainEqual(expect.objectContaining(folder));
    for (const { path_part_id } of parts) await permit(service.database, tenant, path_part_id, "READ_ONLY");
    expect((await commandLine(tenant, tenant.user.key).plan(FILE, { prune: true })).plan.changes).toEqual([]);

    const all = new Map<string, string>();
    for await (const { name, is_active, id, description } of client.workflows()) {
      all.set(name, id);
      if (name === "finance/Publish") expect([is_active, description]).toEqual([false, null]);
    }
    const [then] = await collect(client.listTriggers(all.get("finance/Publish") ?? ""));
    expect(then).toMatchObject({ is_active: false, run: { of: all.get("finance/Quarterly report") } });
  });

  it("lets a policy name workflows that come later in the file, and exports them by their paths", async () => {
    const tenant = await createTenant(service.database);
    const { apply, plan, client, ...command } = commandLine(tenant);
    const text = `
root: /workflows/books
workflows:
  /workflows/books/Book:
    policy: { handover: lease, may_trigger: [/workflows/books/Page] }
  /workflows/books/Page:
    policy: { handover: lease }
`;
    await apply(text);
    const workflows = new Map<string, string>();
    for await (const { name, id } of client.workflows()) workflows.set(name, id);
    const [book = "", page = ""] = ["books/Book", "books/Page"].map((name) => workflows.get(name));
    const path = `/v1/workflow-definitions/${book}/policy`;
    expect(await (await service.get(path, tenant.owner.key)).json()).toMatchObject({ may_trigger: [page] });
    expect((await plan(text)).plan.changes).toEqual([]);
    const exported = await command.export("/workflows/books");
    expect(exported).toMatch(/may_trigger:\n\s+- \/workflows\/books\/Page\n/);
    expect((await plan(exported)).plan.changes).toEqual([]);
    expect(await refusal(() => plan(text.replace("[/workflows/books/Page]", "[/workflows/books/None]")))).toEqual([
      expect.stringContaining("There is no such workflow"),
    ]);
  });

  it("shows what differs and changes only that, by the fewest requests", async () => {
    const tenant = await createTenant(service.database);
    const { apply, asked } = commandLine(tenant);
    await apply(FILE);
    asked.length = 0;
    const changed = FILE.replace("max_running: 5", "max_running: 7")
      .replace("is_active: false\n    triggers", "is_active: true\n    triggers")
      .replace("0 6 * * 1-5", "30 6 * * 1-5")
      .replace(`secret: \${env:GITHUB}`, `secret: \${env:NOT_READ}`)
      .replace("[/inbox/new/]", "[/inbox/new]");
    const { lines } = await apply(changed);
    expect(lines).toEqual([
      "~ change workflow /workflows/finance/Quarterly report",
      "    policy.max_running: 5 → 7",
      '~ change trigger "Every weekday" of /workflows/finance/Quarterly report',
      '    schedule.cron: "0 6 * * 1-5" → "30 6 * * 1-5"',
      "~ change workflow /workflows/finance/Publish",
      "    is_active: false → true",
    ]);
    expect(asked.map((one) => one.replaceAll(/[0-9a-f-]{36}/g, "…"))).toEqual([
      "PUT /v1/workflow-definitions/…/policy",
      "POST /v1/workflow-definitions/…/resume",
      "PUT /v1/triggers/…",
    ]);
    expect((await apply(changed)).lines).toEqual([]);
  });

  it("deletes by --prune what is not in the file, only below its root, and names the runs that go with it", async () => {
    const tenant = await createTenant(service.database);
    const { apply, plan, client } = commandLine(tenant);
    await apply(FILE);
    await addWorkflow(service.database, tenant);
    const names = async () => (await collect(client.workflows())).map(({ name }) => name).sort();
    const [, publish = ""] = FILE.split("  /workflows/finance/Publish:");
    const fewer = FILE.replace(publish, "")
      .replace("  /workflows/finance/Publish:", "")
      .replace(/^ {6}On push:\n(.*\n){2}/m, "");

    const kept = (await plan(fewer)).plan;
    const trigger = 'the trigger "On push" of /workflows/finance/Quarterly report';
    expect([kept.changes, kept.left]).toEqual([[], [trigger, "/workflows/finance/Publish"]]);

    const { plan: pruning } = await plan(fewer, { prune: true });
    expect(planLines(pruning)).toEqual([
      '- delete trigger "On push" of /workflows/finance/Quarterly report',
      "- delete workflow /workflows/finance/Publish",
    ]);
    expect(deletionOf(pruning)).toBe(
      "This deletes 1 workflow with 0 runs, and 1 trigger with what became of each occasion.",
    );
    await apply(fewer, { prune: true });
    expect(await names()).toEqual(["Second", "Test", "finance/Quarterly report"]);

    const wide = fewer.replace("root: /workflows/finance", "root: /workflows");
    expect(headsOf(planLines((await plan(wide, { prune: true })).plan))).toEqual([
      "- delete workflow /workflows/Second",
      "- delete workflow /workflows/Test",
    ]);
    const after = wide.replace("webhook: { scheme: token }", "run: { of: /workflows/Second, on: ended }");
    expect(await refusal(() => plan(after, { prune: true }))).toEqual([
      expect.stringMatching(
        /: triggers\.By token\.run\.of: The workflow is not in the file, and --prune would delete it\.$/,
      ),
    ]);
    const rootless = fewer.replace("root: /workflows/finance\n", "");
    expect((await plan(rootless)).plan.left).toContain("/workflows/Second");
    expect(await refusal(() => plan(rootless, { prune: true }))).toEqual([
      expect.stringContaining("Lacks `root`: it says what --prune may delete below."),
    ]);
  });

  it("sets secrets on creation, with a changed runner and with --rotate, and wants only those variables", async () => {
    const tenant = await createTenant(service.database);
    const { apply, plan, asked } = commandLine(tenant);
    const without = { variables: {} };
    const missing = async (text: string, options = {}) =>
      (await plan(text, { ...without, ...options })).plan.missing.map(({ variable }) => variable);
    expect(await missing(FILE)).toEqual(["RUNNER", "GITHUB"]);
    expect(await refusal(() => apply(FILE, without))).toEqual([
      "workflows.yaml:13:23: runner_config.webhook_secret: Set the variable RUNNER.",
      "workflows.yaml:22:17: triggers.On push.secret: Set the variable GITHUB.",
    ]);
    expect(asked).toEqual([]);

    await apply(FILE);
    expect(await missing(FILE)).toEqual([]);
    expect(await missing(FILE.replace("max_running: 5", "max_running: 6"))).toEqual([]);
    expect(await missing(FILE.replace("was like", "will be like"))).toEqual(["RUNNER"]);
    expect(await missing(FILE, { rotate: true })).toEqual(["RUNNER", "GITHUB"]);
    asked.length = 0;
    expect((await apply(FILE, { rotate: true })).lines).toEqual([
      "↻ rotate workflow /workflows/finance/Quarterly report: its secret is set anew",
      '↻ rotate trigger "On push" of /workflows/finance/Quarterly report: its secret is set anew',
    ]);
    expect(asked.map((one) => one.replaceAll(/[0-9a-f-]{36}/g, "…"))).toEqual([
      "PUT /v1/workflow-definitions/…",
      "POST /v1/triggers/…/rotate-secret",
    ]);

    const tag = `      On tag:\n        webhook: { scheme: github }\n        secret: \${env:TAG}\n`;
    const two = FILE.replace("      By token:", `${tag}      By token:`);
    const variables = { ...VARIABLES, TAG: VARIABLES.GITHUB };
    await apply(two, { variables });
    const lastLine = async (wrong: object) =>
      (await refusal(() => apply(two, { rotate: true, variables: { ...variables, ...wrong } }))).at(-1);
    expect(await lastLine({ GITHUB: "too short" })).toMatch(/^When the cause is gone, run the same command again/);
    expect(await lastLine({ TAG: "too short" })).toMatch(
      /when a trigger is rotated again, its old secret ends at once/,
    );
  });

  it("tells all faults of a file, each with its line and column, and changes nothing", async () => {
    const tenant = await createTenant(service.database);
    const { apply, asked } = commandLine(tenant);
    const faulty = FILE.replace("max_attempts: 3", "max_attempts: 30, max_tries: 3")
      .replace("    sources: [/sources/]\n", "    sources: /sources/\n")
      .replace(`webhook_secret: \${env:RUNNER}`, "webhook_secret: whsec_in_the_file")
      .replace("labels: { customer", "labels: { Customer")
      .replace(/webhook: \{ scheme: token \}$/m, `webhook: { scheme: token }\n        secret: \${env:GITHUB}`)
      .replace(
        "webhook: { scheme: token }",
        "webhook: { scheme: token }\n        run: { of: /workflows/x, on: ended }",
      );
    expect(await refusal(() => apply(faulty))).toEqual([
      "workflows.yaml:8:14: sources: Must be a list.",
      expect.stringMatching(/^workflows\.yaml:13:23: runner_config\.webhook_secret: Does not fit: \$\{env:NAME\}/),
      expect.stringMatching(/^workflows\.yaml:14:45: policy\.max_attempts: Must be from 1 to 10\.$/),
      expect.stringMatching(/^workflows\.yaml:14:49: policy\.max_tries: Is unknown here\. There is: handover, /),
      expect.stringMatching(/^workflows\.yaml:19:19: triggers\.Every weekday\.labels\.Customer: Must match/),
      expect.stringMatching(
        /^workflows\.yaml:23:7: triggers\.By token: Must have exactly one of schedule, webhook or run\.$/,
      ),
      "workflows.yaml:26:17: triggers.By token.secret: The service itself makes the token, and shows it once.",
    ]);
    const lost = FILE.replace("[/sources/]", "[/sources/none.csv]")
      .replace("[/outputs/reports/q1]", "[/instructions.md/]")
      .replace("of: /workflows/finance/Quarterly report", "of: /workflows/nowhere")
      .replace("  /workflows/finance/Publish:", "  /workflows/Publish:");
    expect(await refusal(() => apply(lost))).toEqual([
      "workflows.yaml:25:3: /workflows/Publish: Is not below the root of the file, which is /workflows/finance.",
    ]);
    expect(await refusal(() => apply(lost.replace("/workflows/Publish", "/workflows/finance/Publish")))).toEqual([
      expect.stringMatching(
        /^workflows\.yaml:8:15: sources\.0: There is no \/sources\/none\.csv, or it is not yours to see\./,
      ),
      "workflows.yaml:10:15: outputs.0: /instructions.md is no folder.",
      expect.stringMatching(/^workflows\.yaml:33:20: triggers\.Then\.run\.of: There is no such workflow/),
    ]);
    expect(await refusal(() => apply("workflows: !all {}"))).toEqual([
      expect.stringMatching(/^workflows\.yaml:1:12: /),
    ]);
    expect(await refusal(() => apply("workflows:\n  /workflows/a: {\n  /workflows/a: {}\n"))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^workflows\.yaml:\d+:\d+: /)]),
    );
    expect(asked).toEqual([]);
  });

  it("says of a failing step what was done and what not, with the place in the file, and goes on when it is run again", async () => {
    const tenant = await createTenant(service.database);
    const { apply, client } = commandLine(tenant);
    const wrong = FILE.replace("0 6 * * 1-5", "0 6 * * 1-9");
    const told = await refusal(() => apply(wrong));
    expect(told).toEqual([
      'This has failed: Create the trigger "Every weekday" of /workflows/finance/Quarterly report',
      expect.stringMatching(/^ {2}workflows\.yaml:17:27: schedule\.cron: /),
      "This was done before:",
      ...["/outputs/reports/", "/outputs/reports/q1/", "/inbox/", "/inbox/new/"].map(
        (path) => `  Create the folder ${path}`,
      ),
      "  Create the workflow /workflows/finance/Quarterly report",
      "  Set the policy of /workflows/finance/Quarterly report",
      "  Create the workflow /workflows/finance/Publish",
      "  Set the policy of /workflows/finance/Publish",
      "  Pause the workflow /workflows/finance/Publish",
      "This was not done:",
      ...['"On push" of /workflows/finance/Quarterly report', '"By token" of /workflows/finance/Quarterly report'].map(
        (name) => `  Create the trigger ${name}`,
      ),
      '  Create the trigger "Then" of /workflows/finance/Publish',
      expect.stringContaining("run the same command again"),
    ]);
    expect(headsOf((await apply(FILE)).lines)).toEqual([
      '+ create trigger "Every weekday" of /workflows/finance/Quarterly report',
      '+ create trigger "On push" of /workflows/finance/Quarterly report',
      '+ create trigger "By token" of /workflows/finance/Quarterly report',
      '+ create trigger "Then" of /workflows/finance/Publish',
    ]);
    expect((await collect(client.workflows())).length).toBe(3);
  });

  it("creates a trigger anew whose kind has changed, which counts as a deletion", async () => {
    const tenant = await createTenant(service.database);
    const { apply, plan } = commandLine(tenant);
    await apply(FILE);
    const other = FILE.replace(
      'schedule: { cron: "0 6 * * 1-5", time_zone: Europe/Berlin, ends_at: 2099-01-31T12:00+01:00 }',
      "webhook: { scheme: token }",
    ).replace("scheme: github", "scheme: stripe");
    const { plan: planned } = await plan(other);
    expect(headsOf(planLines(planned))).toEqual([
      expect.stringMatching(/^± replace trigger "Every weekday" of .*: it is deleted and created anew/),
      expect.stringMatching(/^± replace trigger "On push" of /),
    ]);
    expect(deletionOf(planned)).toBe("This deletes 2 triggers with what became of each occasion.");
    await apply(other);
    expect((await apply(other)).lines).toEqual([]);
  });
});

describe("names that are not unique", () => {
  it("are an error that says what to do, and ids stand in their place", async () => {
    const tenant = await createTenant(service.database);
    const { apply, lines, export: exported, client } = commandLine(tenant);
    const second = await addWorkflow(service.database, tenant);
    await service.database.sql`update workflow_definitions set name = 'Test' where id = ${second}`;
    const trigger = { name: "Daily", kind: "schedule" as const, schedule: { cron: "0 6 * * *", time_zone: "UTC" } };
    for (let made = 0; made < 2; made += 1) await client.createTrigger(second, trigger);

    const byName =
      "workflows:\n  /workflows/Test:\n    sources: [/sources]\n    instructions: [/instructions.md]\n    outputs: [/outputs]\n";
    const [told = ""] = await refusal(() => lines(byName));
    expect(told).toMatch(
      /^workflows\.yaml:2:3: \/workflows\/Test: 2 workflows have this name: .*workflows update <id> --name/,
    );
    for (const id of [second, tenant.definitionId]) expect(told).toContain(id);
    const ofTriggers = byName
      .replace("/Test:", `/${second}:\n    name: Test`)
      .concat("    triggers:\n      Daily: { schedule: { cron: 0 6 * * *, time_zone: UTC } }\n");
    expect(await refusal(() => lines(ofTriggers))).toEqual([
      expect.stringMatching(/^workflows\.yaml:8:7: triggers\.Daily: 2 triggers have this name: /),
    ]);

    const text = await exported();
    expect(text).toContain(`  /workflows/${second}:\n    name: Test\n`);
    expect(await lines(text, { prune: true })).toEqual([]);
    const renamed = text.replace(`${second}:\n    name: Test`, `${second}:\n    name: Renamed`);
    expect(await lines(renamed)).toEqual([`~ change workflow /workflows/${second}`, '    name: "Test" → "Renamed"']);
    await apply(renamed);
    expect(await exported()).toContain("  /workflows/Renamed:\n");
    expect(await lines(renamed)).toEqual([]);
    expect(
      await refusal(() =>
        lines(
          `${text}  /workflows/Renamed: { sources: [/sources], instructions: [/instructions.md], outputs: [/outputs] }\n`,
        ),
      ),
    ).toEqual([expect.stringContaining(`Is the same workflow as /workflows/${second}.`)]);
  });
});

describe("export", () => {
  it("writes a file that changes nothing here, and makes the same in another tenant", async () => {
    const [here, there] = [await createTenant(service.database), await createTenant(service.database)];
    await insertParts(service.database, here, ["/shared", "/shared/form.md", "/shared/form.md/v1"]);
    await insertParts(service.database, there, ["/shared", "/shared/form.md", "/shared/form.md/v1"]);
    const [one, other] = [commandLine(here), commandLine(there)];
    await one.apply(
      FILE.replace(
        "    outputs: [/outputs/reports/]",
        "    outputs: [/outputs/reports/]\n    template: /shared/form.md/v1",
      ),
    );
    const text = await one.export();
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=https://service.test/docs/workflows.schema.json");
    for (const line of ["/workflows/Test:", "template: /shared/form.md/v1", "- /inbox/new/", "description: |"]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain(SECRET);
    for (const options of [{ prune: true }, { prune: true, variables: {} }]) {
      expect(await one.lines(text, options)).toEqual([]);
    }
    const variables = Object.fromEntries([...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = ""]) => [name, SECRET]));
    expect(Object.keys(variables)).toEqual([
      "FINANCE_QUARTERLY_REPORT_WEBHOOK_SECRET",
      "FINANCE_QUARTERLY_REPORT_ON_PUSH_SECRET",
    ]);
    await other.apply(text, { variables });
    expect(await other.export()).toBe(text);
    expect(await one.export("/workflows/finance")).not.toContain("/workflows/Test:");
  });

  it.each([
    ["slack", { scheme: "slack", when: ["app_mention"] }],
    ["gitlab", { scheme: "gitlab", when: ["push", "merge_request.open"] }],
    [
      "hmac-sha256 with the time",
      { scheme: "hmac-sha256", signature_header: "X-Sign", signature_encoding: "timestamped" },
    ],
    ["stripe, which signals", { scheme: "stripe", signal: { name: "paid", correlation_from: "/number" } }],
  ])("writes a webhook of the scheme %s as apply has made it", async (_, webhook) => {
    const tenant = await createTenant(service.database);
    const { apply, lines, client, export: exported } = commandLine(tenant);
    const file = `
workflows:
  /workflows/One:
    sources: [/sources/]
    instructions: [/instructions.md]
    outputs: [/outputs/]
    triggers:
      Hook: { webhook: ${JSON.stringify(webhook)}, secret: "\${env:GITHUB}" }
`;
    await apply(file);
    const workflows = await unwrap(client.api.GET("/v1/workflow-definitions"));
    const one = workflows.items.find(({ name }) => name === "One");
    const triggers = [];
    for await (const trigger of client.listTriggers(one?.id ?? "")) triggers.push(trigger);
    expect(triggers).toMatchObject([{ name: "Hook", webhook }]);
    const text = await exported();
    expect(text).toContain(`scheme: ${webhook.scheme}\n`);
    const variables = { ONE_HOOK_SECRET: VARIABLES.GITHUB };
    expect([await lines(text, { variables }), await lines(file)]).toEqual([[], []]);
    expect(await lines(file.replace("X-Sign", "X-Other").replace(/"app_mention"|"push"|"paid"/, '"else"'))).toEqual([
      expect.stringMatching(/^~ change trigger "Hook"/),
      expect.stringMatching(/^ +webhook\.(when|signature_header|signal\.name): /),
    ]);
  });
});

describe("the schema of the file", () => {
  it("has only keywords that the command line checks", () => {
    const known = new Set(Object.keys(KEYWORDS));
    const unknown = new Set<string>();
    const look = (schema: object) => {
      for (const [keyword, value] of Object.entries(schema)) {
        if (!known.has(keyword)) unknown.add(keyword);
        const below = KEYWORDS[keyword];
        if (below === "map") for (const one of Object.values(value)) look(Object(one));
        if (below === "list") for (const one of value) look(one);
        if (below === "schema" && typeof value === "object") look(value);
      }
    };
    look(fileSchema);
    expect([...unknown]).toEqual([]);
  });
});

/** The keywords that the command line checks, each with what its value is: schemas by name, a list of schemas, one, or none. */
const KEYWORDS: Readonly<Record<string, "map" | "list" | "schema" | "none">> = {
  ...{
    properties: "map",
    anyOf: "list",
    oneOf: "list",
    items: "schema",
    additionalProperties: "schema",
    propertyNames: "schema",
  },
  ...{
    type: "none",
    enum: "none",
    pattern: "none",
    format: "none",
    minLength: "none",
    maxLength: "none",
    minimum: "none",
  },
  ...{
    maximum: "none",
    minItems: "none",
    maxItems: "none",
    uniqueItems: "none",
    maxProperties: "none",
    required: "none",
  },
  ...{ default: "none", description: "none", title: "none", $schema: "none" },
};

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
