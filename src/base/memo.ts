/** Values that an isolate makes once and keeps in memory. */

/**
 * Returns a function that calls `make` once for each object, and returns the same value from then on. It keeps the value and not
 * its promise, since a promise belongs to the request that made it: concurrent first calls may each call `make`.
 */
export function oncePer<Subject extends object, Value>(
  make: (subject: Subject) => Value | Promise<Value>,
): (subject: Subject) => Promise<Value> {
  const values = new WeakMap<Subject, { value: Value }>();
  return async (subject) => {
    const known = values.get(subject);
    if (known) return known.value;
    const value = await make(subject);
    values.set(subject, { value });
    return value;
  };
}

/** Adds an entry to a map that holds at most `max` entries. When there are more, the oldest one is removed. */
export function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
