/**
 * A form that creates something carries the id of what it creates. When it is sent again (the browser does so after Back or Reload),
 * the verb finds what exists, and nothing is created twice. A secret that was shown once is not shown again, and stays valid.
 */
import { type Child, createContext, useContext } from "hono/jsx";
import { v7 as newId } from "uuid";
import { z } from "zod";
import { NEW_ID_FIELD, NewIdField } from "../http/pages/new-id.tsx";
import { Page, type Section } from "./layout.tsx";

/** The id for what the forms of a page create; null for a refresh of the page, since it must not change what the page shows. */
export const NewIdContext = createContext<string | null>(null);

/**
 * The hidden field of a form that creates something. The id is new each time that the page is rendered. A reload of the answer sends the
 * same id again, so it creates nothing. With `isNewAfterBack`, somebody who goes back to the form and sends it again creates another thing.
 */
export const NewId = ({ isNewAfterBack = false }: { isNewAfterBack?: boolean }) => (
  <NewIdField id={useContext(NewIdContext) ?? ""} isNewAfterBack={isNewAfterBack} />
);

const guid = z.guid();

/** The id of what a form creates; a new one for a form that has none. */
export const readNewId = (values: Readonly<Record<string, string>>): string =>
  guid.safeParse(values[NEW_ID_FIELD]).data?.toLowerCase() ?? newId();

type SentAgainProps = { section: Section; heading: Child; title: string; children: Child };

/** Answers a form that was sent again, instead of the page that has shown a secret once. */
export const SentAgainPage = ({ section, title, heading, children }: SentAgainProps) => (
  <Page title={title} section={section}>
    <div class="narrow">
      <h1>{heading}</h1>
      <div class="card stack">
        <p role="status">This form was sent before, so nothing was made twice.</p>
        {children}
      </div>
    </div>
  </Page>
);
