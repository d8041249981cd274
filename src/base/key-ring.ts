/**
 * The keys for one purpose. Keys can be rotated: the newest key signs or encrypts, and older keys can still verify or decrypt.
 * The text form is `<key id>:<secret>`, newest first, separated by commas.
 */
export type Key = { id: string; secret: string };
export type KeyRing = { newest: Key; byId: ReadonlyMap<string, Key> };

const ENTRY = /^([A-Za-z0-9_-]{1,32}):(\S+)$/;

/**
 * Null when the text is not a key ring. A key id has 1 to 32 letters, digits, `_` or `-`, and no two keys may have the same id.
 */
export function parseKeyRing(text: string): KeyRing | null {
  const keys: Key[] = [];
  for (const entry of text.split(",")) {
    const [, id, secret] = ENTRY.exec(entry.trim()) ?? [];
    if (id === undefined || secret === undefined) return null;
    keys.push({ id, secret });
  }
  const [newest] = keys;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return newest && byId.size === keys.length ? { newest, byId } : null;
}
