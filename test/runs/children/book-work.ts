import type { Work } from "../../../client/src/runner/index.ts";
import { PAGES_WORKFLOW_ID } from "./book.ts";

export const work: Work = async (run) => {
  const pages = ["page-1", "page-2", "page-3"];
  const children = await run.children(
    "pages",
    pages.map((key) => ({ workflow_definition_id: PAGES_WORKFLOW_ID, key, input: { page: key } })),
  );
  const read = children.filter(({ status }) => status === "COMPLETED");
  return { output: read.map(({ output }) => output), summary: `${read.length} of ${pages.length} pages were read.` };
};
