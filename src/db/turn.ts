/**
 * How far a sweep is in the order in which tenants take turns: the next call looks for something due after this id, or from the
 * beginning when it is null. Each call moves it on. See `turns` in SQL. (A `NotificationTurn` is another thing: when a workflow turns from
 * failing to working, or back.)
 */
export type Turn = { after: string | null };
