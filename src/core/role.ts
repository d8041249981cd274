export const ROLES = ["USER", "OWNER", "ADMIN"] as const;
export type Role = (typeof ROLES)[number];

/** How a user proves at the identity provider who they are. */
export const IDP_TYPES = ["PASSWORD", "GOOGLE", "TENANT"] as const;
export type IdpType = (typeof IDP_TYPES)[number];
