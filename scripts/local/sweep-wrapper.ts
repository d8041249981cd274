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
