/** Put in front of the service's own module, in the same isolate: `/bench/sweep` is what the cron calls. */
export const SWEEP_PATH = "/bench/sweep";

export const sweepWrapper = `import service from "./worker.js";
export default {
  async fetch(request, bindings, context) {
    if (!request.url.endsWith("${SWEEP_PATH}")) return service.fetch(request, bindings, context);
    await service.scheduled({}, bindings, context);
    return new Response();
  },
};
`;
