import { request } from "undici";
import { SWEEP_PATH } from "../../scripts/local/sweep-wrapper.ts";

/** Runs one sweep of the Worker at this URL, and waits for its end. */
export async function sweepOnce(url: string): Promise<void> {
  const { body } = await request(url + SWEEP_PATH, { headersTimeout: 180_000 });
  await body.dump();
}
