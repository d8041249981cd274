/** The page of failures that are alike, on which a person says what they have seen. */
import { z } from "zod";
import { FAILURE_CODES } from "../../db/enums.ts";
import { plainText, text } from "../../http/schemas.ts";
import { checkBody } from "../../http/validation.ts";
import { markFailureSeen } from "../../runs/seen-failures.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { html, seeOther } from "../render.ts";
import { FailuresPage, SeenForm } from "./failures.tsx";
import { viewFailures } from "./view-failures.ts";

const HREF = "/app/failures";

export const failures = new Pages();

failures.page(HREF, async (c) => html(c, <FailuresPage {...(await viewFailures(c.env.db, c.var.credential))} />));

const seenSchema = z.object({
  workflow: z.guid(),
  code: z.enum(FAILURE_CODES),
  fingerprint: text({ min: 1, max: 300 }),
  note: plainText({ max: 500 }),
});

failures.form(`${HREF}/seen`, async (c) => {
  const { values } = await readForm(c);
  return submit(
    c,
    async () => {
      const { workflow, code, fingerprint, note } = checkBody(seenSchema, { note: "", ...values });
      await perform(c.var.services, markFailureSeen, {
        definitionId: workflow.toLowerCase(),
        failureCode: code,
        fingerprint,
        note: note.trim(),
      });
      return seeOther(c, HREF);
    },
    (failure) => (
      <FormPage title="Seen" section="health" back={HREF}>
        <SeenForm values={values} failure={failure} />
      </FormPage>
    ),
  );
});
