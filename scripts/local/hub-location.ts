/** Whether a service says where its Durable Objects are to be: for the doctor and the smoke test. */
import { isLoopback } from "../../src/base/loopback.ts";

/**
 * What is wrong with the `hub_location` in the `/readyz` of the service at `url`; null when nothing is. A service on this machine has
 * no location.
 */
export const missingHubLocation = (url: string, location: string | null): string | null =>
  location !== null || isLoopback(new URL(url).hostname)
    ? null
    : "HUB_LOCATION is not set. So each hub is created near its first caller, and stays there, however far away the database is.";
