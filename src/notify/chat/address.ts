/**
 * The address of a chat. Whoever knows it can write into the chat, so it is a secret: it is stored encrypted, and only its scheme and
 * host are shown.
 */

import type { KeyRing } from "../../base/key-ring.ts";
import { sha256 } from "../../base/sha256.ts";
import type { EndpointFormat } from "../../db/enums.ts";
import { encryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { checkRunnerUrl, type RunnerUrlOptions } from "../../webhooks/url-guard.ts";

/** Where Slack takes messages. Other services with the format of Slack have hosts of their own. */
const SLACK = /^hooks\.slack(-gov)?\.com$/;

/** The hosts of Office 365 connectors, which Microsoft has retired: https://aka.ms/o365-connectors-retirement. */
const CONNECTORS = /^(outlook\.office(365)?\.com|(.+\.)?webhook\.office(365)?\.com)$/;

/** The hosts of Teams' Workflows (Power Automate), also those of the clouds of governments and of China. */
const WORKFLOWS = [
  "api.powerplatform.com",
  "api.gov.powerplatform.microsoft.us",
  "api.high.powerplatform.microsoft.us",
  "api.appsplatform.us",
  "api.powerplatform.partner.microsoftonline.cn",
  "logic.azure.com",
  "logic.azure.us",
  "logic.azure.cn",
];

const isOfWorkflow = (hostname: string): boolean => WORKFLOWS.some((host) => hostname.endsWith(`.${host}`));

/** True for a URL that may be an address of Teams. Its host may also be that of a flow that takes any message. */
export function mayBeTeams(url: string): boolean {
  const { hostname } = new URL(url);
  return isOfWorkflow(hostname) || CONNECTORS.test(hostname);
}

/** Returns null when an endpoint of this format may have this URL, otherwise a sentence that says what is wrong. */
export function checkAddress(format: EndpointFormat, url: string, options: RunnerUrlOptions): string | null {
  const fault = checkRunnerUrl(url, options);
  if (fault !== null) return fault;
  const { hostname, protocol } = new URL(url);
  if (format === "standard") {
    return SLACK.test(hostname) ? "This is an address of Slack: send `format: slack` with it." : null;
  }
  if (format !== "teams" || protocol === "http:") return null;
  if (CONNECTORS.test(hostname)) {
    return "This is a connector, and Microsoft has retired those. Add the workflow “Send webhook alerts to a channel” in Teams, and copy its URL.";
  }
  return isOfWorkflow(hostname)
    ? null
    : "Must be the URL of a workflow in Teams, whose host ends in api.powerplatform.com or logic.azure.com.";
}

/** The address of the endpoint with this id, in the form in which it is stored. */
export async function sealAddress(keys: KeyRing, id: string, address: string) {
  const { href, origin } = new URL(address);
  return {
    url: origin,
    addressHash: (await sha256(href)).toHex(),
    secretEncrypted: await encryptWebhookSecret(keys, id, href),
  };
}

/** The secret parts of an address. Each is hidden in what a server answers, since it may send back only some of them. */
export function secretsIn(address: string): string[] {
  const { pathname, search, searchParams } = new URL(address);
  const parts = [...pathname.split("/"), ...searchParams.values()];
  return [
    `${pathname}${search}`,
    ...parts.filter((part) => part.length >= 16 || (part.length >= 8 && /\d/.test(part))),
  ];
}
