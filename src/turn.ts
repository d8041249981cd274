/**
 * How far a sweep is in the order in which tenants take turns: the next call looks for something due after this id, or from the
 * beginning when it is null. Each call moves it on. See `turns` in SQL. (The turns of which endpoints are notified are `TURNS`.)
 */
export type Turn = { after: string | null };
