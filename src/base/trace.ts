/**
 * Spans for Cloudflare's traces, which `[observability.traces]` in wrangler.toml enables. The platform adds a span for each
 * request that it sees. The spans of this file say what a request was for.
 */

type EnterSpan = <Result>(name: string, work: () => Result) => Result;

const enterNone: EnterSpan = (_name, work) => work();
let enter = enterNone;

/**
 * Sets the tracer. The Worker passes `tracing` of `cloudflare:workers`, a module that only exists in a Worker. Scripts run the
 * same code in Node, without spans.
 */
export function traceWith(tracer: { enterSpan: EnterSpan }): void {
  enter = (name, work) => tracer.enterSpan(name, work);
}

/** Runs `work` within a span and returns its result. If that is a promise, the span lasts until it settles. */
export const withSpan: EnterSpan = (name, work) => enter(name, work);
