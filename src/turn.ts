/**
 * The position in the tenants' turns: the next call begins with what is due after this id, or from the start when it is null. Each call
 * moves the position on. See `turns` in SQL.
 */
export type Turn = { after: string | null };
