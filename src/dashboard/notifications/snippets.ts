/**
 * Code with which a receiver verifies the signature of a notification. The page that shows the secret has it, and so does
 * docs/notifications.md.
 */

/** `secret` is `whsec_` and base64, so it needs no quoting in any of these languages. */
export const SNIPPETS: { language: string; text: (secret: string) => string }[] = [
  {
    language: "curl",
    text: (secret) => `SECRET=${secret}
ID=msg_1 NOW=$(date +%s) BODY='{"type":"notification_endpoint.test","timestamp":"2026-01-31T12:00:00.000Z","data":{}}'
KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \\n')
SIGNATURE=$(printf %s "$ID.$NOW.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)
curl -sS -i "\${ENDPOINT:-http://localhost:8080}" -H 'Content-Type: application/json' \\
  -H "webhook-id: $ID" -H "webhook-timestamp: $NOW" -H "webhook-signature: v1,$SIGNATURE" -d "$BODY"
`,
  },
  {
    language: "TypeScript",
    text: (secret) => `import { createHmac, timingSafeEqual } from "node:crypto";

const SECRET = "${secret}";

/** \`body\` is the text of the request as it came, before it is parsed. */
export function isSigned(headers: Record<string, string | undefined>, body: string): boolean {
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const content = \`\${headers["webhook-id"]}.\${timestamp}.\${body}\`;
  const mine = Buffer.from("v1," + createHmac("sha256", key).update(content).digest("base64"));
  const signatures = (headers["webhook-signature"] ?? "").split(" ").map((text) => Buffer.from(text));
  return signatures.some((signature) => signature.length === mine.length && timingSafeEqual(signature, mine));
}
`,
  },
  {
    language: "Python",
    text: (secret) => `import base64, hmac, time

SECRET = "${secret}"

def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """\`body\` is the request as it came, before it is parsed. The names of \`headers\` are in small letters."""
    try:
        timestamp = headers["webhook-timestamp"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        content = f"{headers['webhook-id']}.{timestamp}.".encode() + body
        mine = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
        is_recent = abs(time.time() - int(timestamp)) <= 300
        signatures = headers["webhook-signature"].encode().split(b" ")
        return is_recent and any(hmac.compare_digest(mine, signature) for signature in signatures)
    except (KeyError, ValueError):
        return False
`,
  },
];
