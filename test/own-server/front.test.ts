import { afterEach, expect, it, vi } from "vitest";
import { addressOf } from "../../src/own-server/address.ts";
import createLimiter from "../../src/own-server/limiter.ts";

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ["192.0.2.1", 1, "192.0.2.1"],
  ["10.9.9.9, 192.0.2.1", 1, "192.0.2.1"],
  ["10.9.9.9, 192.0.2.1,198.51.100.2", 2, "192.0.2.1"],
  ["2001:db8::1", 1, "2001:db8::1"],
  ["192.0.2.1", 2, "unknown"],
  ["192.0.2.1, ", 1, "unknown"],
  ["", 1, "unknown"],
  [null, 1, "unknown"],
])("the address of a client by %j, of which the last %i can be believed, is %s", (forwardedFor, proxies, address) => {
  expect(addressOf(forwardedFor, proxies)).toBe(address);
});

it("a limiter lets so many requests of each key through in a period", async () => {
  vi.useFakeTimers();
  const limiter = createLimiter({ limit: 2, period: 10 });
  const ask = async (key: string) => (await limiter.limit({ key })).success;
  expect([await ask("a"), await ask("a"), await ask("a"), await ask("b")]).toEqual([true, true, false, true]);
  vi.advanceTimersByTime(9_999);
  expect(await ask("a")).toBe(false);
  vi.advanceTimersByTime(1);
  expect([await ask("a"), await ask("a"), await ask("a")]).toEqual([true, true, false]);
});
