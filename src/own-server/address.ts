/**
 * The address of the client, by the header `X-Forwarded-For`: each proxy adds the address from which it got the request, so what stands
 * before those that the `proxies` of this server have added may be invented. A request without the header has the address "unknown", so
 * all those count as one client.
 */
export function addressOf(forwardedFor: string | null, proxies: number): string {
  const added = (forwardedFor ?? "").split(",").map((address) => address.trim());
  return added.at(-proxies) || "unknown";
}
