import { expect, it } from "vitest";
import { isLoopback } from "../../src/base/loopback.ts";

it.each(["http://localhost:8787", "http://127.0.0.1:8788", "http://127.1.2.3", "http://[::1]:8787", "http://0x7f.1"])(
  "%s means the computer of whoever opens it",
  (url) => {
    expect(isLoopback(new URL(url).hostname)).toBe(true);
  },
);

it.each([
  "http://127.0.0.1.example.com",
  "http://localhost.example.com",
  "http://my-localhost",
  "http://10.0.0.1",
  "http://[::2]",
  "http://0.0.0.0",
])("%s may be another one", (url) => {
  expect(isLoopback(new URL(url).hostname)).toBe(false);
});
