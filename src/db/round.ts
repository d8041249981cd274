/**
 * How far a sweep is in its round from tenant to tenant: the next call looks for something due after this id, or from the beginning when it
 * is null. Each call moves it on. See `next_in_round` in SQL.
 */
export type Round = { after: string | null };
