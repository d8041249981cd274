/** The header `traceparent` of W3C Trace Context: https://www.w3.org/TR/trace-context/#traceparent-header */

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Returns the header if it is valid for version 00, which has 55 characters. Returns null for any other header: the
 * specification requires that a request never fails because of its trace.
 */
export const readTraceparent = (header: string | undefined): string | null =>
  header !== undefined && TRACEPARENT.test(header) ? header : null;
