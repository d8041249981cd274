import { z } from "zod";
import type { LoginService } from "../../../login-service.ts";

/** The claims that say something about an email. Providers write their booleans in several ways. */
const emailClaimsSchema = z.object({
  email: z.string().max(254).optional().catch(undefined),
  email_verified: z.union([z.boolean(), z.string(), z.number()]).optional().catch(undefined),
  xms_edov: z.union([z.boolean(), z.string(), z.number()]).optional().catch(undefined),
});

const isTrue = (value: unknown) => value === true || value === "true" || value === 1 || value === "1";

/** Microsoft Entra. Only there, `xms_edov` is not a claim that somebody else could define. */
const ENTRA = /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn)\//;

/**
 * The email of an account if it is verified, otherwise null:
 *
 * 1. by `email_verified` (OpenID Connect Core 1.0, section 5.1),
 * 2. by `xms_edov` of Microsoft Entra, which sends no `email_verified`: the owner of the email's domain was verified,
 * 3. because its domain is one of OIDC_TRUSTED_EMAIL_DOMAINS, unless `email_verified` says that it is not verified.
 *
 * Only A to Z become lower case, and not, for example, the Kelvin sign, whose lower case is `k`. Otherwise somebody with that sign in
 * their email could sign in as the person with the `k`.
 */
export function verifiedEmail({ issuer, trustedEmailDomains }: LoginService, claims: unknown): string | null {
  const { email, email_verified, xms_edov } = emailClaimsSchema.catch({}).parse(claims);
  if (email === undefined || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)) return null;
  const lower = email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const isTrusted = trustedEmailDomains.includes(lower.slice(lower.indexOf("@") + 1));
  const isVerified =
    isTrue(email_verified) ||
    (email_verified === undefined && ((ENTRA.test(issuer.href) && isTrue(xms_edov)) || isTrusted));
  return isVerified ? lower : null;
}
