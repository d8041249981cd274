/** The dashboard: pages for people, below `/app`, on the same store verbs and access rules as the API. */
import { Hono } from "hono";
import { Problem } from "../../core/errors.ts";
import type { AppEnv } from "../env.ts";
import { files } from "./files-routes.tsx";
import { healthPage } from "./health.tsx";
import { people } from "./people-routes.tsx";
import { run } from "./run-routes.tsx";
import { runs } from "./runs.tsx";
import { signIn } from "./sign-in.tsx";
import { answerErrorPage } from "./signed-in.tsx";
import { workflows } from "./workflow-routes.tsx";

export const pages = new Hono<AppEnv>();

const sections = new Hono<AppEnv>();
sections.onError(answerErrorPage);
sections.get("/app", (c) => c.redirect("/app/runs"));
for (const section of [signIn, runs, run, workflows, files, people, healthPage]) sections.route("/", section);
sections.all("/app/*", () => {
  throw new Problem("not_found", "There is no such page.");
});

pages.route("/", sections);
