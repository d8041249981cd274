import { request } from "undici";

/** A module in front of the service's own, in the same isolate: `/bench/sweep` does what the cron does. */
export const SWEEP_PATH = "/bench/sweep";

export const sweepWrapper = `import service from "./worker.js";
export * from "./worker.js";
export default {
  async fetch(request, bindings, context) {
    if (!request.url.endsWith("${SWEEP_PATH}")) return service.fetch(request, bindings, context);
    await service.scheduled({}, bindings, context);
    return new Response();
  },
};
`;

/** Runs one sweep of the Worker at this URL, and waits for its end. */
export async function sweepOnce(url: string): Promise<void> {
  const { body } = await request(url + SWEEP_PATH, { headersTimeout: 180_000 });
  await body.dump();
}
