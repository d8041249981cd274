import type { PartType } from "../../src/db/enums.ts";
import type { PathSnapshot } from "../../src/db/run-snapshot.ts";

/** The demo's ids. They are fixed, and easy to recognise. */
export const demoId = (number: number) => `01920000-0000-7000-8000-${String(number).padStart(12, "0")}`;

export const pathSnapshot = (id: string, path: string, type: PartType): PathSnapshot => ({
  path_part_id: id,
  materialized_path: path,
  part_type: type,
});

/** The email of a demo person: by their role, or by their first name. */
export const demoEmail = (name: string) => `${name.toLowerCase().replace("í", "i")}@demo.example`;
