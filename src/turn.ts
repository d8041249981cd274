/**
 * Where the tenants' turns go on: the id after which the next call looks for something due, and null at the beginning. Each call moves it
 * on. See `turns` in SQL.
 */
export type Turn = { after: string | null };
