import type { Work } from "../../../client/src/runner/index.ts";
import { exportInvoice, ocr } from "./invoices.ts";

export const work: Work = async (run) => {
  const invoice = await run.step("ocr", () => ocr(String(run.input?.file)));

  const answer = await run.ask("approve", {
    prompt: `Pay invoice ${invoice.number}, ${invoice.total}?`,
    choices: ["yes", "no"],
    by: { not_requester: true },
    timeout_seconds: 3 * 24 * 3600,
  });
  if (answer.value === "no") return { summary: `Invoice ${invoice.number} is not paid. ${answer.comment ?? ""}` };

  await run.step("export", () => exportInvoice(invoice));
  return { output: invoice, summary: `Invoice ${invoice.number} is exported.` };
};
