/** What the example of docs/suspend.md does in its steps. */
type Invoice = { number: string; total: string };

/** What was done, in this order. */
export const done: string[] = [];

export async function ocr(file: string): Promise<Invoice> {
  done.push(`ocr ${file}`);
  return { number: "4711", total: "1,200 €" };
}

export async function exportInvoice({ number }: Invoice): Promise<void> {
  done.push(`export ${number}`);
}
