import { CAPABILITIES } from "../../db/enums.ts";
import { Path } from "../components.tsx";
import { Crumbs } from "../files/files.tsx";
import { formatChoice, parseChoice } from "../files/part-picker.tsx";
import type { FolderView } from "../files/view-folder.ts";
import { type Failure, Failures, Field, FormPage, NO_FAILURE } from "../forms.tsx";
import { Page } from "../layout.tsx";

const LABELS = { READ_ONLY: "Read", READ_WRITE: "Read and write" };

const Capability = ({ value, failure }: { value: string; failure: Failure }) => (
  <Field
    name="capability"
    label="To"
    failure={failure}
    hint="It and everything below it, wherever they move."
    control={(a) => (
      <select {...a}>
        {CAPABILITIES.map((capability) => (
          <option value={capability} selected={capability === value}>
            {LABELS[capability]}
          </option>
        ))}
      </select>
    )}
  />
);

/** Chooses what to grant somebody: one folder after the other, down from the top. */
export const GrantPage = ({ userId, view }: { userId: string; view: FolderView }) => {
  const href = (to: string | null) => `/app/people/${userId}/grant${to ? `?in=${to}` : ""}`;
  const { part } = view;
  return (
    <Page title="Grant" section="people" caller={view.caller}>
      <div class="narrow">
        <p class="crumbs">
          <a href={`/app/people/${userId}`}>← Back</a>
        </p>
        <h1>Grant</h1>
        <form method="post" action={`/app/people/${userId}/grant`} class="card stack">
          <Crumbs view={view} href={href} />
          <fieldset class="field picker">
            <legend>What</legend>
            {part && (
              <label class="choice">
                <input
                  type="radio"
                  name="part"
                  required
                  value={formatChoice({ id: part.id, type: part.part_type, path: part.materialized_path })}
                />
                <Path>{part.materialized_path}</Path> <span class="muted">as a whole</span>
              </label>
            )}
            <ul class="browser-list">
              {view.children.map(({ id, name, part_type, materialized_path, workflow_name }) => (
                <li>
                  <label class="choice">
                    <input
                      type="radio"
                      name="part"
                      required
                      value={formatChoice({ id, type: part_type, path: materialized_path })}
                    />
                    <Path>{workflow_name ?? name}</Path>
                  </label>
                  {(part_type === "FOLDER" || part_type === "DOCUMENT") && (
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
            Grant
          </button>
        </form>
      </div>
    </Page>
  );
};

type AgainProps = { userId: string; choice: string; capability: string; failure: Failure };

/** The same, for one part, when it was not taken. */
export const GrantAgainPage = ({ userId, choice, capability, failure }: AgainProps) => (
  <FormPage title="Grant" section="people" back={`/app/people/${userId}/grant`}>
    <form method="post" action={`/app/people/${userId}/grant`} class="stack">
      <Failures failure={failure} />
      <input type="hidden" name="part" value={choice} />
      <p>
        <Path>{parseChoice(choice).path ?? "Nothing is chosen."}</Path>
      </p>
      <Capability value={capability} failure={failure} />
      <button type="submit" class="primary">
        Grant
      </button>
    </form>
  </FormPage>
);
