import { Name, Path } from "../components.tsx";
import { type Failure, Failures } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { Trail } from "../trail.tsx";
import { Crumbs, hrefOf, KindIcon, mayCreateIn } from "./kit/files.tsx";
import type { FolderView } from "./kit/view-folder.ts";

type MovePageProps = { moved: { id: string; name: string }; view: FolderView };

/** A page on which the user chooses the folder that a part is moved to. It begins at the root. `view` is the open folder. */
export const MovePage = ({ moved: { id, name }, view }: MovePageProps) => {
  const href = (to: string | null) => `/app/files/${id}/move${to === null ? "" : `?to=${to}`}`;
  const folders = view.children.filter(
    (child) => child.partType === "FOLDER" && child.id !== id && !child.systemManaged,
  );
  return (
    <Page title={`Move ${name}`} section="files" caller={view.caller}>
      <div class="narrow">
        <Trail to={[[hrefOf(id), <Name>{name}</Name>]]} />
        <h1>
          Move <Name>{name}</Name>
        </h1>
        <div class="card stack">
          <Crumbs view={view} href={href} />
          {folders.length === 0 ? (
            <p class="muted">There is no folder in here.</p>
          ) : (
            <ul class="folders">
              {folders.map((folder) => (
                <li>
                  <a href={href(folder.id)} class="file">
                    <KindIcon type="FOLDER" />
                    <Name>{folder.name}</Name>
                  </a>
                </li>
              ))}
            </ul>
          )}
          <form method="post" action={`/app/files/${id}/move`}>
            <input type="hidden" name="to" value={view.part?.id ?? ""} />
            <button type="submit" class="primary" disabled={!mayCreateIn(view)}>
              Move it here
            </button>{" "}
            <span class="muted">
              <Path>{view.part?.materializedPath ?? "/"}</Path>
            </span>
          </form>
        </div>
      </div>
    </Page>
  );
};

/** Says why a part was not moved. The reader can choose another folder, or try again when nothing prevents the move any more. */
export const RefusedMove = ({ id, to, failure }: { id: string; to: string; failure: Failure }) => (
  <form method="post" action={`/app/files/${id}/move`} class="stack">
    <Failures failure={failure} labels={{ parent_path_id: "Folder" }} />
    <input type="hidden" name="to" value={to} />
    <div class="actions">
      <a class="button" href={`/app/files/${id}/move`}>
        Choose another folder
      </a>
      <button type="submit" class="primary">
        Move it there
      </button>
    </div>
  </form>
);
