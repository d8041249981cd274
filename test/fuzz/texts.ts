/** Texts that are hard to take, by the place in a request where they stand. */

/** For storage, for comparison, for whoever shows them; what other programs and formats mean something by. */
export const AWKWARD = [
  "\u0001",
  "\u007f\u0085",
  "\u2028\u2029",
  "\uffff",
  "line\nline",
  "\r\n\r\n",
  " ",
  "\u202e\u200b",
  ".",
  "..",
  "/",
  "a/b",
  "%",
  "_",
  "\\",
  "\\0",
  "'; drop table users; --",
  "$1",
  "{}",
  "NaN",
  "0000-01-01T00:00:00Z",
  "2026-01-31t12:00:00z",
  "2016-12-31T23:59:60Z",
  '"Jo"@a.example',
  "jo@[127.0.0.1]",
  "whsec_",
  "whsec_!",
  "http:/\\/",
  "ftp://127.0.0.1/",
];

/** What Postgres cannot hold: a zero byte, and halves of a surrogate pair. */
export const UNSTORABLE = ["\0", "a\0b", "\ud800", "\udc00a", "a\ud83d"];

/** Names that no schema has. */
export const STRANGE_NAMES = ["extra", "", "id", "__proto__", "constructor", "toString", "\0", "a.b", "tenant_id "];

/** A segment of a path, as it is in the URL. */
export const SEGMENTS = [
  "%00",
  "%",
  "%E0%A4%A",
  "%ff",
  "..",
  ".",
  "",
  "%20",
  "%2F",
  "..%2F..",
  "null",
  "undefined",
  "summary",
  "me",
  "*",
  ":run_id",
  "{run_id}",
  "%F0%9F%98%80",
  "a".repeat(4_000),
];

/** A part of a query, as it is in the URL. */
export const QUERIES = [
  "&",
  "&=",
  "%",
  "%00=%00",
  "a=%E0%A4%A",
  "limit",
  "limit=",
  "limit[]=1",
  "limit=1;offset=2",
  "__proto__=1",
  "=",
  "states=FAILED",
  "Limit=1",
];

/** Of a header that is any text. */
export const HEADER_VALUES = ["", "a", "a b", "x".repeat(255), "x".repeat(256), "x".repeat(10_000), "a\tb", '"', "\\"];

/** Headers that some part of the service reads. */
export const HEADERS: [name: string, values: string[]][] = [
  ["If-Match", ['W/"a"', '"', "", "*", '"a", "b"', "x".repeat(5_000)]],
  ["If-None-Match", ['W/"a"', '"', "", '"a", "b"', "x".repeat(5_000)]],
  ["X-Request-Id", ["mine", "", "a b", "x".repeat(300)]],
  ["Accept", ["text/html", "", "application/xml;q=0", "*/*"]],
  ["Origin", ["https://elsewhere.example", "null", ""]],
  ["Cookie", ["", "ks_uat", "ks_uat=", "ks_uat=%", "=;=", "a=b; ks_uat=a.b.c"]],
  ["CF-Connecting-IP", ["127.0.0.1", "::1", "nowhere", ""]],
];

export const CONTENT_TYPES = [
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/form-data; boundary=a",
  "application/json; charset=utf-16",
  "application/json;",
  "APPLICATION/JSON",
  "application/problem+json",
  "application/jsonp",
  "json",
  "",
  ";",
];
