/** The pages of the tree of files, and the changes that can be made to it. */
import type { Context } from "hono";
import { v7 as newId } from "uuid";
import { CREATABLE_PART_TYPES } from "../../db/enums.ts";
import { NO_PATH_PART } from "../../files/path.ts";
import { createPathPart, deletePathPart, movePathPart } from "../../files/path-part-verbs.ts";
import { CreatePathPartRequestSchema, UpdatePathPartRequestSchema } from "../../files/path-parts-routes.ts";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { checkBody } from "../../http/validation.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { idOf, offsetOf, readId } from "../signed-in.tsx";
import { CreateForm, FILES_PAGE, FilesPage, RenameForm } from "./kit/files.tsx";
import { type FolderView, viewFolder } from "./kit/view-folder.ts";
import { MovePage, RefusedMove } from "./move.tsx";

export const files = new Pages();

async function findFolder(c: Context<AppEnv>, id: string | null, offset = 0): Promise<FolderView> {
  const view = await viewFolder(c.env.db, c.var.credential, { id, limit: FILES_PAGE, offset });
  if (view === null) throw new Problem("not_found", NO_PATH_PART);
  return view;
}

files.page("/app/files", async (c) => {
  const offset = offsetOf(c);
  return html(c, <FilesPage view={await findFolder(c, null, offset)} offset={offset} />);
});

files.page("/app/files/:id", async (c) => {
  const offset = offsetOf(c);
  return html(c, <FilesPage view={await findFolder(c, idOf(c), offset)} offset={offset} />);
});

async function createBelow(c: Context<AppEnv>, parentId: string | null): Promise<Response> {
  const { values } = await readForm(c);
  const back = parentId ? `/app/files/${parentId}` : "/app/files";
  return submit(
    c,
    async () => {
      const body = { name: values.name ?? "", part_type: values.part_type, parent_path_id: parentId };
      const { name, part_type: partType } = checkBody(CreatePathPartRequestSchema, body);
      await perform(c.var.services, createPathPart, { id: newId(), name, partType, parentId });
      return seeOther(c, back);
    },
    (failure) => (
      <FormPage title="New" section="files" back={back}>
        <CreateForm parentId={parentId} types={CREATABLE_PART_TYPES} values={values} failure={failure} />
      </FormPage>
    ),
  );
}

files.form("/app/files/new", (c) => createBelow(c, null));
files.form("/app/files/:id/new", (c) => createBelow(c, idOf(c)));

files.form("/app/files/:id/rename", async (c) => {
  const [id, { values }] = [idOf(c), await readForm(c)];
  return submit(
    c,
    async () => {
      const { name } = checkBody(UpdatePathPartRequestSchema, { name: values.name ?? "" });
      await perform(c.var.services, movePathPart, { id, name });
      return seeOther(c, `/app/files/${id}`);
    },
    (failure) => (
      <FormPage title="Rename" section="files" back={`/app/files/${id}`}>
        <RenameForm id={id} name={values.name ?? ""} failure={failure} />
      </FormPage>
    ),
  );
});

files.page("/app/files/:id/move", async (c) => {
  const [movedId, to] = [idOf(c), c.req.query("to")];
  const folder = { id: to ? readId(to) : null, limit: FILES_PAGE, offset: 0, movedId };
  const view = await viewFolder(c.env.db, c.var.credential, folder);
  if (view === null || view.moved === null) throw new Problem("not_found", NO_PATH_PART);
  return html(c, <MovePage moved={view.moved} view={view} />);
});

files.form("/app/files/:id/move", async (c) => {
  const [id, { values }] = [idOf(c), await readForm(c)];
  return submit(
    c,
    async () => {
      const body = checkBody(UpdatePathPartRequestSchema, { parent_path_id: values.to || null });
      await perform(c.var.services, movePathPart, { id, parentId: body.parent_path_id });
      return seeOther(c, `/app/files/${id}`);
    },
    (failure) => (
      <FormPage title="Move" section="files" back={`/app/files/${id}`}>
        <RefusedMove id={id} to={values.to ?? ""} failure={failure} />
      </FormPage>
    ),
  );
});

files.form("/app/files/:id/delete", async (c) => {
  const { values } = await readForm(c);
  await perform(c.var.services, deletePathPart, { id: idOf(c) });
  return seeOther(c, values.parent ? `/app/files/${encodeURIComponent(values.parent)}` : "/app/files");
});
