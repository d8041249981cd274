/**
 * Part of `npm run check`: there is one way to change something.
 *
 * 1. In each room of `migrations/functions`, a file of `verbs` and of `reads` defines the function that it is named after, and a file of
 *    verbs defines nothing else.
 * 2. A verb takes a context first, and ends by `answer_with` or `answer_of`. No verb and no rule calls a verb.
 * 3. Only `perform` calls a verb.
 * 4. A verb writes to the audit log, or has its reason in `UNAUDITED`.
 * 5. Only `after` calls hubs, and sends dispatches, stops and notifications. The rooms that do this work are not looked at.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const FUNCTIONS = "migrations/functions";

const filesBelow = (folder: string, ending: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
    .sort();

const read = (file: string) => readFileSync(file, "utf8");
const DEFINITION = /^create or replace function public\.(\w+)/gm;
const definedIn = (text: string) => [...text.matchAll(DEFINITION)].map(([, name = ""]) => name);

/** The verbs that write nothing to the audit log, each with the reason. A room stands for all verbs in it. */
const UNAUDITED: Record<string, string> = {
  runners: "A runner calls it, or the service itself: that is the life of a run.",
  metrics: "It only counts.",
  "audit/delete_old_audit_events": "The sweep calls it.",
  "notify/claim_notifications": "The service itself calls it.",
  "notify/delete_old_notifications": "The sweep calls it.",
  "notify/record_notifications": "The service itself calls it.",
  "people/agree_to_command_line": "It is recorded when the key is made.",
  "people/create_tenant": "The operator calls it, before there is anybody in the tenant.",
  "people/note_uses": "The service itself calls it.",
  "people/set_limits": "The operator calls it, and is not a person of the tenant.",
  "people/sign_in_by_key": "It begins a session, which pages list.",
  "runs/abandon_artifact": "A runner calls it: that is the life of a run.",
  "runs/append_log": "A runner calls it.",
  "runs/claim_artifact_deletions": "The sweep calls it.",
  "runs/commit_artifact": "A runner calls it: that is the life of a run.",
  "runs/delete_old_runs": "The sweep calls it.",
  "runs/finish_deletions": "The sweep calls it.",
  "runs/promote_waiting_runs": "The sweep calls it.",
  "runs/record_artifact_deletions": "The sweep calls it.",
  "runs/record_result": "A runner calls it.",
  "runs/keep_checkpoint": "A runner calls it: that is the life of a run.",
  "runs/reserve_artifact": "A runner calls it: that is the life of a run.",
  "runs/run_again": "It triggers a run, which has its user.",
  "runs/prioritize_run": "It is the life of a run, whose event has the user.",
  "runs/signal_workflow": "It is the life of a run, whose event has the user.",
  "runs/start_run_now": "It is the life of a run, whose event has the user.",
  "runs/sum_ends": "The sweep calls it.",
  "runs/sweep_tenant": "The sweep calls it.",
  "runs/time_out_overdue_runs": "The sweep calls it.",
  sweep: "The sweep calls it.",
  "runs/trigger_batch": "It triggers runs, which have their user.",
  "runs/trigger_children": "A runner calls it: that is the life of a run.",
  "runs/trigger_run": "It triggers a run, which has its user.",
  "triggers/delete_old_firings": "The sweep calls it.",
  "triggers/fire_due": "The sweep calls it.",
  "triggers/receive_webhook": "It triggers a run, which has its user.",
};

const faults: string[] = [];
const sqlFiles = filesBelow(FUNCTIONS, /\.sql$/);
const sqlFilesIn = (kind: string) => sqlFiles.filter((file) => file.split("/").includes(kind));
const verbFiles = sqlFilesIn("verbs");
const verbs = new Set(verbFiles.map((file) => basename(file, ".sql")));

for (const file of [...verbFiles, ...sqlFilesIn("reads")]) {
  const name = basename(file, ".sql");
  const defined = definedIn(read(file));
  if (!defined.includes(name)) faults.push(`${file} does not define \`${name}\`.`);
  if (verbFiles.includes(file) && defined.length > 1) {
    faults.push(
      `${file} also defines ${defined.filter((other) => other !== name).join(", ")}: put that into the rules of its room.`,
    );
  }
}

for (const file of sqlFiles) {
  const text = read(file).replaceAll(/--.*$/gm, "");
  const isVerb = verbFiles.includes(file);
  if (isVerb && !/^create or replace function public\.\w+\(\s*p_context jsonb\b/m.test(text)) {
    faults.push(`${file}: the first argument of a verb is \`p_context jsonb\`.`);
  }
  if (isVerb && !/return public\.answer_(?:with|of)\(\s*p_context, [^;]*;\s*end \$\$;\s*$/.test(text)) {
    faults.push(`${file}: a verb ends by \`answer_with\` or \`answer_of\`.`);
  }
  const room = file.split("/").at(-3) ?? "";
  const isUnaudited = `${room}/${basename(file, ".sql")}` in UNAUDITED || room in UNAUDITED;
  if (isVerb && isUnaudited === /\bpublic\.audit_(change|act)\(/.test(text)) {
    const fault = isUnaudited ? "writes to the audit log and stands in UNAUDITED" : "writes nothing to the audit log";
    faults.push(`${file} ${fault}: see scripts/check-one-way.ts.`);
  }
  const calls = text.replaceAll(DEFINITION, "");
  for (const [, name = ""] of calls.matchAll(/\bpublic\.(\w+)\(/g)) {
    if (verbs.has(name)) faults.push(`${file} calls the verb \`${name}\`: what both need is a rule.`);
  }
}

/** The files that carry out effects, and the one that lets them do so. */
const CARRIES_OUT = /^src\/(verbs\/after|worker|dispatches\/|hub\/|http\/live\/)/;
const EFFECTS =
  /\blive\.(announce|notify|endStreams)\(|\bsend\.(dispatches|stops|stopped|firings)\(|\bsend(Dispatches|Stops|Stopped)\(/;

for (const file of filesBelow("src", /\.tsx?$/)) {
  const text = read(file);
  for (const [, name = ""] of text.matchAll(/\bcallFunction\([^;]*?["'](\w+)["']/g)) {
    if (verbs.has(name)) faults.push(`${file} calls the verb \`${name}\`: call it by \`perform\`.`);
  }
  for (const [, name = ""] of text.matchAll(/\bpublic\.(\w+)\(/g)) {
    if (verbs.has(name) && !/\bask\b/.test(text)) faults.push(`${file} calls the verb \`${name}\` in a statement.`);
  }
  const effect = EFFECTS.exec(text);
  if (effect && !CARRIES_OUT.test(file)) faults.push(`${file}: only \`after\` may do \`${effect[0]}…)\`.`);
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
} else {
  console.log(`There is one way to change something: ${verbs.size} verbs.`);
}
