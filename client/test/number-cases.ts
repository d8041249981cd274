/** Numbers, as JSON writes them. The tests of the Python kit use the same table, which is in its folder. */
import cases from "../../python/tests/number-cases.json" with { type: "json" };

/** Those that a program which reads them as doubles would send on as other ones. */
export const CHANGED = cases.changed;

/** Those that stay the same, and those with a fraction, each of which stands for the nearest double. */
export const UNCHANGED = cases.unchanged;
