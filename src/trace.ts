/**
 * Spans of Cloudflare's traces, which `[observability.traces]` of wrangler.toml turns on. The platform adds a span for each
 * request that it sees; these say what a request was for.
 */

type EnterSpan = <Result>(name: string, work: () => Result) => Result;

const enterNone: EnterSpan = (_name, work) => work();
let enter = enterNone;

/**
 * Gives the spans to a tracer. The Worker calls it with `tracing` of `cloudflare:workers`, a module that exists in a Worker only;
 * the scripts, which run the same code in Node, have no spans.
 */
export function traceWith(tracer: { enterSpan: EnterSpan }): void {
  enter = (name, work) => tracer.enterSpan(name, work);
}

/** What `work` returns, within a span. When `work` returns a promise, the span lasts until it settles. */
export const withSpan: EnterSpan = (name, work) => enter(name, work);
