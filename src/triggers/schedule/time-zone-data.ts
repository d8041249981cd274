/**
 * Which release of the IANA time-zone data the runtime has. A Worker cannot ask for it (`process.versions.tz` is empty there), so it is found
 * by what each release has changed. Releases that changed no instant from 2025 on cannot be told apart from those before them.
 */
import { openZone } from "./zone.ts";

const HOUR_MS = 3_600_000;

/** An offset from UTC that a zone has at an instant since a release, and had not before. The oldest release is the first. */
const CHANGES = [
  { release: "2025a", zone: "America/Asuncion", at: "2025-06-01T00:00:00Z", hours: -3 },
  { release: "2025b", zone: "America/Coyhaique", at: "2025-06-01T00:00:00Z", hours: -3 },
  { release: "2026b", zone: "America/Vancouver", at: "2026-12-01T00:00:00Z", hours: -7 },
  { release: "2026c", zone: "Africa/Casablanca", at: "2027-01-01T00:00:00Z", hours: 0 },
  { release: "2026d", zone: "America/Inuvik", at: "2026-12-01T00:00:00Z", hours: -6 },
  { release: "2026e", zone: "America/Winnipeg", at: "2026-12-01T00:00:00Z", hours: -5 },
  { release: "2026f", zone: "America/Havana", at: "2026-12-01T00:00:00Z", hours: -4 },
] as const;

/** The newest release whose change the runtime has. Null when it has none of them. */
export const timeZoneData = (): string | null =>
  CHANGES.findLast(({ zone, at, hours }) => openZone(zone)?.offsetAt(Date.parse(at)) === hours * HOUR_MS)?.release ??
  null;
