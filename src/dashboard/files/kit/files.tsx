import { CREATABLE_PART_TYPES, type PartType } from "../../../db/enums.ts";
import type { PathPart } from "../../../files/path-parts.ts";
import { LastChanges } from "../../activity/kit/changes.tsx";
import { Ask, Empty, Fact, Id, Live, Name, Pages, Send, Table, Time } from "../../components.tsx";
import { plural } from "../../format.ts";
import { Choices, type Failure, Failures, Field, NO_FAILURE, type Values } from "../../forms.tsx";
import { Page } from "../../layout.tsx";
import { Trail } from "../../trail.tsx";
import { type Below, type FolderView, MAX_BELOW } from "./view-folder.ts";

export const FILES_PAGE = 100;

const KINDS: Partial<Record<PartType, string>> = {
  FOLDER: "Folder",
  DOCUMENT: "Document",
  DOCUMENT_VERSION: "Version",
  WORKFLOW_DEFINITION: "Workflow",
};
const kindOf = (type: PartType) => KINDS[type] ?? type.toLowerCase().replaceAll("_", " ");

/** An icon for the type of a part. The text beside it names the type. */
export const KindIcon = ({ type }: { type: PartType }) => (
  <svg class={`kind ${type === "FOLDER" ? "is-folder" : ""}`} viewBox="0 0 16 16" aria-hidden="true">
    {type === "FOLDER" ? (
      <path d="M1.500 4.500v8h13v-7h-7l-1.500-2h-4.500z" />
    ) : (
      <path d="M4 1.500h5.500l3 3v10h-8.500zM9.500 1.500v3h3" />
    )}
  </svg>
);

/** The types that can be created below a part, or at the root when `part` is null. */
const creatableBelow = (part: PathPart | null) =>
  CREATABLE_PART_TYPES.filter((type) => (type === "DOCUMENT_VERSION") === (part?.partType === "DOCUMENT"));

export const mayCreateIn = ({ part, caller }: FolderView) =>
  part === null
    ? caller.is_administrator
    : part.canWrite && !part.systemManaged && (part.partType === "FOLDER" || part.partType === "DOCUMENT");

export const hrefOf = (id: string | null | undefined) => (id ? `/app/files/${id}` : "/app/files");

const ROOT = { id: null, name: "Files" };

export const Crumbs = ({ view, href = hrefOf }: { view: FolderView; href?: (id: string | null) => string }) => (
  <Trail to={[...(view.part ? [ROOT] : []), ...view.above].map(({ id, name }) => [href(id), <Name>{name}</Name>])}>
    <Name>{(view.part ?? ROOT).name}</Name>
  </Trail>
);

export const FilesPage = ({ view, offset }: { view: FolderView; offset: number }) => {
  const { part } = view;
  return (
    <Page title={part?.name ?? "Files"} section="files" caller={view.caller}>
      <Crumbs view={view} />
      <div class="head">
        <h1>{part ? <Name>{part.name}</Name> : "Files"}</h1>
        <FileActions view={view} />
      </div>
      <div class={part ? "columns" : ""}>
        <Live href={`${hrefOf(part?.id)}?offset=${offset}`}>
          {view.children.length > 0 ? (
            <Children parts={view.children} />
          ) : (
            <Empty
              title={part?.partType === "DOCUMENT_VERSION" ? "A version contains nothing." : "There is nothing in it."}
            >
              {part === null && !view.caller.is_administrator && <p>Ask an OWNER or ADMIN to give you a permission.</p>}
            </Empty>
          )}
          <Pages
            total={view.total}
            limit={FILES_PAGE}
            offset={offset}
            href={(next) => `${hrefOf(part?.id)}?offset=${next}`}
          />
        </Live>
        {part && (
          <div>
            <About part={part} />
            <Uses view={view} />
            <LastChanges events={view.changes} id={part.id} />
          </div>
        )}
      </div>
    </Page>
  );
};

const Children = ({ parts }: { parts: FolderView["children"] }) => (
  <Table kind="files" columns={["Name", "Kind", "Access", "Changed"]}>
    {parts.map((part) => (
      <tr>
        <td class="grow">
          <a href={hrefOf(part.id)} class="file">
            <KindIcon type={part.partType} />
            <Name>{part.workflowName ?? part.name}</Name>
          </a>
        </td>
        <td>{kindOf(part.partType)}</td>
        <td class="muted number">{part.systemManaged ? "see only" : part.canWrite ? "read, write" : "read"}</td>
        <td class="when">
          <Time at={part.updatedAt.toISOString()} />
        </td>
      </tr>
    ))}
  </Table>
);

/** `the 12 files and folders` or `more than 1,000 files and folders` */
const partsBelow = ({ parts }: Below) =>
  `${parts > MAX_BELOW ? "more than" : "the"} ${plural(Math.min(parts, MAX_BELOW), "file or folder", "files and folders")}`;

const FileActions = ({ view }: { view: FolderView }) => {
  const { part } = view;
  const mayChange = part?.canWrite && !part.systemManaged;
  return (
    <div class="actions">
      {part && mayChange && (
        <>
          <Ask id="ask-rename" label="Rename" title="Rename">
            <p>
              Everything below moves with it, and permissions and workflows still refer to it. Runs keep the paths they
              were triggered with.
            </p>
            <RenameForm id={part.id} name={part.name} failure={NO_FAILURE} />
          </Ask>
          <a class="button" href={`/app/files/${part.id}/move`}>
            Move
          </a>
          <Ask
            id="ask-delete"
            label="Delete"
            title={`Delete the ${kindOf(part.partType).toLowerCase()} “${part.name}”?`}
            kind="danger"
          >
            <p>
              It is deleted for good,{" "}
              {view.below.parts === 0
                ? "with all permissions on it"
                : `with ${partsBelow(view.below)} below it, and all permissions on it and on them`}
              . While a workflow uses it, or something below it, this is refused.
            </p>
            <Send action={`/app/files/${part.id}/delete`} label="Delete" kind="danger">
              <input type="hidden" name="parent" value={part.parentId ?? ""} />
            </Send>
          </Ask>
        </>
      )}
      {mayCreateIn(view) && (
        <Ask id="ask-create" label="New" title="New" kind="primary">
          <CreateForm
            parentId={part?.id ?? null}
            types={creatableBelow(part)}
            values={{ part_type: creatableBelow(part)[0] ?? "FOLDER" }}
            failure={NO_FAILURE}
          />
        </Ask>
      )}
    </div>
  );
};

type CreateFormProps = { parentId: string | null; types: readonly PartType[]; values: Values; failure: Failure };

export const CreateForm = ({ parentId, types, values, failure }: CreateFormProps) => (
  <form method="post" action={parentId ? `/app/files/${parentId}/new` : "/app/files/new"} class="stack" novalidate>
    <Failures failure={failure} />
    <Field
      name="part_type"
      label="Kind"
      failure={failure}
      control={(a) => (
        <Choices
          attributes={a}
          choices={types.map((type) => ({ id: type, name: kindOf(type) }))}
          chosen={values.part_type}
        />
      )}
    />
    <Field
      name="name"
      label="Name"
      failure={failure}
      control={(a) => <input {...a} type="text" value={values.name} required autocomplete="off" dir="auto" />}
    />
    <button type="submit" class="primary">
      Create
    </button>
  </form>
);

export const RenameForm = ({ id, name, failure }: { id: string; name: string; failure: Failure }) => (
  <form method="post" action={`/app/files/${id}/rename`} class="stack">
    <Failures failure={failure} />
    <Field
      name="name"
      label="New name"
      failure={failure}
      control={(a) => <input {...a} type="text" value={name} required autocomplete="off" dir="auto" />}
    />
    <button type="submit" class="primary">
      Rename
    </button>
  </form>
);

const About = ({ part }: { part: PathPart }) => (
  <section class="card">
    <dl class="rows">
      <Fact name="Kind">{kindOf(part.partType)}</Fact>
      <Fact name="Path">
        <span class="wrap">
          <bdi>{part.materializedPath}</bdi>
        </span>
      </Fact>
      <Fact name="Id">
        <Id id={part.id} />
      </Fact>
      <Fact name="Access">
        {part.systemManaged ? "see only: the service keeps it" : part.canWrite ? "read and write" : "read"}
      </Fact>
      <Fact name="Created">
        <Time at={part.createdAt.toISOString()} />
      </Fact>
    </dl>
  </section>
);

const ROLES: Record<string, string> = { A: "source", B: "instruction", C: "output", D: "template" };

/** `At least 2 workflows name something below it.` */
const usesBelow = ({ uses, isCut }: Below) =>
  `${isCut ? "At least " : ""}${plural(uses, "workflow")} ${uses === 1 ? "names" : "name"} something below it.`;

const Uses = ({ view: { uses, part, below } }: { view: FolderView }) => (
  <section class="card">
    <h2>Used by</h2>
    {uses.length === 0 ? (
      <p class="muted">
        No workflow that you may see names it
        {below.uses > 0 || below.parts === 0
          ? "."
          : below.isCut
            ? ", but one may name something below it."
            : " or anything below it."}
      </p>
    ) : (
      <ul class="tree">
        {uses.map(({ id, name, letter, path }) => (
          <li>
            <a href={`/app/workflows/${id}`}>
              <Name>{name}</Name>
            </a>{" "}
            <small class="muted">
              as {ROLES[letter]}
              {path !== part?.materializedPath && (
                <>
                  , by <bdi>{path}</bdi>
                </>
              )}
            </small>
          </li>
        ))}
      </ul>
    )}
    {below.uses > 0 && <p class="muted">{usesBelow(below)}</p>}
  </section>
);
