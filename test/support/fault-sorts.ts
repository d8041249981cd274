import { FAULT_KINDS, FAULTS } from "./harness-protocol.ts";
import { inTurn } from "./in-turn.ts";

/**
 * One kind of fault of each sort, in turn. The kinds of a sort have the same properties, and one function of the service judges them all. For a
 * read, it makes no difference whether the statement was carried out.
 */
export function oneOfEachSort(key: string, isRead = false) {
  const sorts = Object.groupBy(FAULT_KINDS, (kind) =>
    JSON.stringify({ ...FAULTS[kind], ...(isRead && { isCarriedOut: null }) }),
  );
  return Object.values(sorts).flatMap((kinds = []) => inTurn(kinds, 1, key));
}
