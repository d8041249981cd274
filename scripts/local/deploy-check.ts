/**
 * `npm run deploy -- --check`: what can be known before a deployment. It reads wrangler.toml, the file of secrets, the database, and what
 * Cloudflare's account has, and changes nothing.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";
import { neon, neonConfig } from "@neondatabase/serverless";
import { z } from "zod";
import { ConfigError, describeFault, readConfig } from "../../src/config.ts";
import { compareMigrations } from "../migrate.ts";
import {
  type EnvironmentConfig,
  findSharedLimits,
  readEnvironment,
  requireEnvironment,
  requireOwnDomains,
} from "./cell-environment.ts";
import type { Cell } from "./cells.ts";
import { type Finding, judgeMigrations } from "./findings.ts";
import { missingHubLocation } from "./hub-location.ts";
import type { DatabaseOptions } from "./options.ts";
import { isPostgresUrl, redact, rootMessage } from "./redact.ts";
import { withDatabase } from "./with-database.ts";
import { askWrangler } from "./wrangler.ts";

/** The settings that no Worker can do without; what else has the wrong form is named, too. */
const REQUIRED = ["DATABASE_URL", "ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "PUBLIC_URL"];
const OLDEST_POSTGRES = 150_000;
const DEPLOYMENT = "docs/operations.md, “Step by step”.";

type Vars = NodeJS.Dict<string>;
export type Deployment = { env: string; cell: Cell | null; secretsFile: string | undefined };

/** Never throws: what cannot be looked at is a finding, too. */
export async function checkDeployment({ env, cell, secretsFile }: Deployment): Promise<Finding[]> {
  const config = readEnvironment(env);
  const file = secretsFile === undefined ? null : readSecretsFile(secretsFile);
  if (typeof file === "string") return [bad("secrets", file, "See docs/configuration.md.")];
  const own = Object.fromEntries(Object.entries(config.vars).map(([name, value]) => [name, String(value)]));
  // Without cells, the database is that of the environment, as for all scripts.
  const { DATABASE_URL, NEON_FETCH_ENDPOINT } = process.env;
  const here: Vars = cell?.vars ?? { DATABASE_URL, NEON_FETCH_ENDPOINT };
  const vars: Vars = { ...here, ...own, ...file };
  const account = await judgeAccount(config);
  const isSignedIn = account.mark !== "bad";
  const deployed = file === null && isSignedIn ? await listDeployedSecrets(env) : null;
  return [
    ...judgeFile(() => requireOwnDomains()),
    ...(cell === null ? [] : judgeFile(() => requireEnvironment(cell))),
    ...judgeLimits(config),
    account,
    ...(file !== null ? [judgeSecrets(vars)] : isSignedIn ? [judgeDeployedSecrets(deployed, own)] : []),
    judgeDomain(config, vars.PUBLIC_URL),
    deployed?.has("HUB_LOCATION") ? good("hub location", "The Worker has one.") : judgeLocation(vars),
    await judgeBucket(config, isSignedIn),
    ...(await judgeDatabase(vars, here)),
  ];
}

const good = (subject: string, text: string): Finding => ({ mark: "good", subject, text });
const note = (subject: string, text: string, advice: string): Finding => ({ mark: "note", subject, text, advice });
const bad = (subject: string, text: string, advice: string): Finding => ({ mark: "bad", subject, text, advice });

/** The settings of a file as `wrangler deploy --secrets-file` takes it; or what is wrong with it, without its content. */
function readSecretsFile(path: string): Record<string, string> | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return `There is no file ${path}.`;
  }
  try {
    return text.trimStart().startsWith("{")
      ? z.record(z.string(), z.string()).parse(JSON.parse(text))
      : parseFile(text);
  } catch {
    return `${path} is not JSON with texts as values.`;
  }
}

const parseFile = (text: string): Record<string, string> => z.record(z.string(), z.string()).parse(parseEnv(text));

function judgeFile(require: () => void): Finding[] {
  try {
    require();
    return [];
  } catch (error) {
    return [
      bad(
        "wrangler.toml",
        error instanceof Error ? error.message : String(error),
        "Correct wrangler.toml or cells.json.",
      ),
    ];
  }
}

const whoami = z.object({ accounts: z.array(z.object({ id: z.string(), name: z.string() })).default([]) });

async function judgeAccount({ accountId: own }: EnvironmentConfig): Promise<Finding> {
  const subject = "account";
  const { code, stdout } = await askWrangler(["whoami", "--json"]);
  const known = whoami.safeParse(parseJson(stdout));
  if (code !== 0 || !known.success) {
    const advice =
      "`npx wrangler login`; without a browser, set CLOUDFLARE_API_TOKEN: docs/operations.md, “Without a browser”.";
    return bad(subject, "wrangler is not signed in at Cloudflare.", advice);
  }
  const { accounts } = known.data;
  const id = process.env.CLOUDFLARE_ACCOUNT_ID ?? own;
  if (id !== undefined && accounts.length > 0 && !accounts.some((account) => account.id === id))
    return bad(subject, `wrangler's sign-in does not reach the account ${id}.`, "Correct account_id, or the token.");
  if (id === undefined && accounts.length > 1)
    return bad(
      subject,
      `The sign-in reaches ${accounts.length} accounts.`,
      "Set CLOUDFLARE_ACCOUNT_ID, or account_id at the top of wrangler.toml.",
    );
  return good(subject, `wrangler is signed in${id === undefined ? "" : `, for the account ${id}`}.`);
}

function judgeSecrets(vars: Vars): Finding {
  const subject = "secrets";
  try {
    readConfig(vars);
    return good(subject, "Complete, and every value has the right form.");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const text = `Missing or wrong: ${error.faults.map(describeFault).join(", ")}.`;
    return bad(subject, text, "See docs/configuration.md.");
  }
}

const named = z.array(z.object({ name: z.string() }));

/** The names of the secrets that the Worker has already; null when there is no such Worker. Their values cannot be read. */
async function listDeployedSecrets(env: string): Promise<ReadonlySet<string> | null> {
  const { code, stdout } = await askWrangler(["secret", "list", `--env=${env}`]);
  const listed = named.safeParse(parseJson(stdout));
  return code === 0 && listed.success ? new Set(listed.data.map(({ name }) => name)) : null;
}

function judgeDeployedSecrets(has: ReadonlySet<string> | null, own: Vars): Finding {
  const subject = "secrets";
  if (has === null) {
    const advice = `Add --secrets-file, with its secrets: ${DEPLOYMENT}`;
    return bad(subject, "The Worker does not exist yet, so it has no secrets.", advice);
  }
  const missing = REQUIRED.filter((name) => !has.has(name) && own[name] === undefined);
  if (missing.length > 0)
    return bad(subject, `The Worker lacks ${missing.join(", ")}.`, "Add --secrets-file with these.");
  return good(subject, "The Worker has all that it needs. Their values are not looked at.");
}

function judgeDomain(config: EnvironmentConfig, publicUrl: string | undefined): Finding {
  const subject = "domain";
  const { hosts, workersDev } = config;
  if (publicUrl === undefined || !URL.canParse(publicUrl))
    return note(subject, "Not looked at: PUBLIC_URL is not known here.", "Set it, or pass --secrets-file.");
  const { host, protocol } = new URL(publicUrl);
  if (hosts.includes(host)) {
    if (!workersDev) return good(subject, `${host} leads to this Worker alone.`);
    return note(
      subject,
      `${host} leads to this Worker, and so does its name at workers.dev.`,
      "Set `workers_dev = false`, or name that host in OTHER_HOSTS.",
    );
  }
  if ((workersDev && host.endsWith(".workers.dev")) || protocol === "http:")
    return good(subject, `${host}, without a zone.`);
  return bad(
    subject,
    `PUBLIC_URL is at ${host}, and no route of this environment is.`,
    `Add it to routes in wrangler.toml: ${DEPLOYMENT}`,
  );
}

function judgeLocation(vars: Vars): Finding {
  const subject = "hub location";
  const text = missingHubLocation(vars.PUBLIC_URL ?? "https://not.known", vars.HUB_LOCATION ?? null);
  if (text === null) return good(subject, vars.HUB_LOCATION ?? "On this machine.");
  return note(
    subject,
    `${text} It cannot be changed later.`,
    "Set it near the database: docs/operations.md, “Where it runs”.",
  );
}

async function judgeBucket({ buckets }: EnvironmentConfig, isSignedIn: boolean): Promise<Finding> {
  const subject = "bucket";
  const [bucket] = buckets;
  if (bucket === undefined)
    return note(
      subject,
      "None is bound, so runs have no files.",
      "docs/operations.md, “The bucket”, if they are to have some.",
    );
  if (!isSignedIn) return note(subject, `Not looked at: ${bucket}.`, "Sign in at Cloudflare first.");
  const { code } = await askWrangler(["r2", "bucket", "info", bucket, "--json"]);
  if (code === 0) return good(subject, `${bucket} exists.`);
  return bad(
    subject,
    `There is no bucket ${bucket}, so the deployment would fail.`,
    `\`npx wrangler r2 bucket create ${bucket}\`.`,
  );
}

function judgeLimits(config: EnvironmentConfig): Finding[] {
  const subject = "limits";
  const { lacking } = config;
  const shared = findSharedLimits();
  if (shared !== null) return [bad(subject, shared, "Give each limiter of wrangler.toml a number of its own.")];
  if (lacking.length > 0)
    return [
      bad(
        subject,
        `Not bound: ${lacking.join(", ")}.`,
        "Copy them from wrangler.toml's top level: they are not inherited.",
      ),
    ];
  return [good(subject, "All limiters are bound, with numbers that no other environment has.")];
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const rightsSchema = z.object({
  version: z.number(),
  role: z.string(),
  has_tables: z.boolean(),
  closed: z.array(z.string()),
  changes_audit: z.boolean(),
});

/** What the role of the connection may do. It needs all rights on all tables but the audit log, of which it may only add rows. */
const RIGHTS = `
  select current_setting('server_version_num')::int as version, current_user::text as role,
    to_regclass('public.tenants') is not null as has_tables,
    coalesce(has_table_privilege(to_regclass('public.audit_events'), 'update, delete, truncate'), false) as changes_audit,
    coalesce((select json_agg(t.tablename order by t.tablename) from pg_tables t, format('%I.%I', t.schemaname, t.tablename) as name
      where t.schemaname = 'public' and not (has_table_privilege(name, 'select') and has_table_privilege(name, 'insert')
        and (t.tablename = 'audit_events' or has_table_privilege(name, 'update') and has_table_privilege(name, 'delete')))), '[]') as closed`;

/** `ownersVars` has the connection of the operator, who can read which migrations were applied: a role of the Worker's own cannot. */
async function judgeDatabase(vars: Vars, ownersVars: Vars): Promise<Finding[]> {
  const subject = "database";
  const url = vars.DATABASE_URL ?? "";
  if (!isPostgresUrl(url)) {
    const text = "Not looked at: DATABASE_URL is not set here, or is not a connection string.";
    return [bad(subject, text, "Set it, or pass --secrets-file.")];
  }
  try {
    const rights = await withDatabase(readRights, vars);
    const owners = isPostgresUrl(ownersVars.DATABASE_URL ?? "") ? ownersVars : vars;
    return [...judgeServer(rights, url), judgeMigrations(await withDatabase(compareMigrations, owners))];
  } catch (error) {
    const text = `Does not answer as it should: ${redact(rootMessage(error))}`;
    const advice =
      "Is DATABASE_URL right, and the database awake? With a role of the Worker's own in the file, set that of its owner here.";
    return [bad(subject, text, advice)];
  }
}

async function readRights({ databaseUrl, neonFetchEndpoint }: DatabaseOptions): Promise<z.infer<typeof rightsSchema>> {
  if (neonFetchEndpoint) neonConfig.fetchEndpoint = neonFetchEndpoint;
  const [row] = await neon(databaseUrl).query(RIGHTS);
  return rightsSchema.parse(row);
}

function judgeServer(rights: z.infer<typeof rightsSchema>, url: string): Finding[] {
  const { hostname } = new URL(url);
  const server =
    rights.version < OLDEST_POSTGRES
      ? bad("database", "Its Postgres is older than 15.", "Upgrade it.")
      : hostname.endsWith(".neon.tech") && !hostname.includes("-pooler.")
        ? bad(
            "database",
            "DATABASE_URL leads past Neon's pooler.",
            "Copy the pooled connection string, with `-pooler` in its host.",
          )
        : good("database", `Postgres ${Math.floor(rights.version / 10_000)} answers.`);
  return rights.has_tables ? [server, judgeRole(rights)] : [server];
}

function judgeRole({ role, closed, changes_audit }: z.infer<typeof rightsSchema>): Finding {
  const advice = "docs/operations.md, “A role for the Worker”.";
  if (closed.length > 0) return bad("role", `${role} lacks rights on ${closed.join(", ")}.`, advice);
  if (changes_audit)
    return note("role", `${role} can change the audit log.`, `A role of the Worker's own cannot: ${advice}`);
  return good("role", `${role} has what the Worker needs, and cannot change the audit log.`);
}
