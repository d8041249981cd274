/** The page of a batch. */
import { Problem } from "../../http/problems.ts";
import { NO_BATCH } from "../../runs/batches/find-batch.ts";
import { Pages } from "../pages.ts";
import { html } from "../render.ts";
import { idOf } from "../signed-in.tsx";
import { BatchPage } from "./batch.tsx";
import { viewBatch } from "./view-batch.ts";

export const batches = new Pages();

batches.page("/app/batches/:id", async (c) => {
  const { batch, ...view } = await viewBatch(c.env.db, c.var.credential, idOf(c));
  if (batch === null) throw new Problem("not_found", NO_BATCH);
  return html(c, <BatchPage {...view} batch={batch} origin={c.env.config.publicUrl} />);
});
