import { CAPABILITIES } from "../../db/enums.ts";
import { Path } from "../components.tsx";
import { Crumbs } from "../files/kit/files.tsx";
import { formatChoice, parseChoice } from "../files/kit/part-picker.tsx";
import type { FolderView } from "../files/kit/view-folder.ts";
import { Choices, choicesOf, type Failure, Failures, Field, FormPage, NO_FAILURE } from "../forms.tsx";
import { Page } from "../layout.tsx";
import { Trail } from "../trail.tsx";

const LABELS = { READ_ONLY: "Read", READ_WRITE: "Read and write" };

const Capability = ({ value, failure }: { value: string; failure: Failure }) => (
  <Field
    name="capability"
    label="They may"
    failure={failure}
    hint="It and everything below it, wherever they move."
    control={(a) => <Choices attributes={a} choices={choicesOf(CAPABILITIES, LABELS)} chosen={value} />}
  />
);

/** A page on which one chooses the part for a new permission, by opening one folder after another from the root down. */
export const PermissionPage = ({ userId, view }: { userId: string; view: FolderView }) => {
  const href = (to: string | null) => `/app/people/${userId}/permission${to ? `?in=${to}` : ""}`;
  const { part } = view;
  return (
    <Page title="Give a permission" section="people" caller={view.caller}>
      <div class="narrow">
        <Trail to={[[`/app/people/${userId}`, "Back"]]} />
        <h1>Give a permission</h1>
        <form method="post" action={`/app/people/${userId}/permission`} class="card stack" novalidate>
          <Crumbs view={view} href={href} />
          <fieldset class="field picker">
            <legend>What</legend>
            {part && (
              <label class="choice">
                <input
                  type="radio"
                  name="part"
                  required
                  value={formatChoice({ id: part.id, type: part.partType, path: part.materializedPath })}
                />
                <Path>{part.materializedPath}</Path> <span class="muted">as a whole</span>
              </label>
            )}
            <ul class="browser-list">
              {view.children.map(({ id, name, partType, materializedPath, workflowName }) => (
                <li>
                  <label class="choice">
                    <input
                      type="radio"
                      name="part"
                      required
                      value={formatChoice({ id, type: partType, path: materializedPath })}
                    />
                    <Path>{workflowName ?? name}</Path>
                  </label>
                  {(partType === "FOLDER" || partType === "DOCUMENT") && (
                    <a href={href(id)} aria-label={`Open ${name}`}>
                      open
                    </a>
                  )}
                </li>
              ))}
            </ul>
          </fieldset>
          <Capability value="READ_ONLY" failure={NO_FAILURE} />
          <button type="submit" class="primary">
            Give the permission
          </button>
        </form>
      </div>
    </Page>
  );
};

type AgainProps = { userId: string; choice: string; capability: string; failure: Failure };

/** The form of a permission again, after the permission was refused. */
export const PermissionAgainPage = ({ userId, choice, capability, failure }: AgainProps) => (
  <FormPage title="Give a permission" section="people" back={`/app/people/${userId}/permission`}>
    <form method="post" action={`/app/people/${userId}/permission`} class="stack">
      <Failures failure={failure} labels={{ path_part_id: "What", capability: "They may" }} />
      <input type="hidden" name="part" value={choice} />
      <p>
        <Path>{parseChoice(choice).path ?? "No file or folder is chosen."}</Path>
      </p>
      <Capability value={capability} failure={failure} />
      <button type="submit" class="primary">
        Give the permission
      </button>
    </form>
  </FormPage>
);
