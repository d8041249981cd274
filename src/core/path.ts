/** Kinds of nodes in a tenant's tree. */
export const PART_TYPES = [
  "FOLDER",
  "DOCUMENT",
  "DOCUMENT_VERSION",
  "SECTION",
  "CHUNK",
  "THREAD",
  "THREAD_MESSAGE",
  "WORKFLOW_DEFINITION",
  "WORKFLOW_RUN",
] as const;
export type PartType = (typeof PART_TYPES)[number];
