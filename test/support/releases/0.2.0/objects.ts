/**
 * Made by `npm run record-release`: what can be called of the Durable Objects of that release. Do not edit.
 */

/** The caller of an object gets a promise also from a method that returns a plain value, so both are compatible. */
type Answer<Type> = Type | Promise<Type>;

export type Hub = {
  changed: (argument0: { tenant_id: string; due_in_ms: number | null; runs: { run_id: string | null; workflow_definition_id: string | null; has_ended: boolean; is_log?: boolean | undefined; is_progress?: boolean | undefined; }[]; work: { workflow_definition_id: string; is_leasable: boolean; event_id: number; count?: number | undefined; }[]; endpoint_ids?: string[] | undefined; ended_user_ids?: string[] | undefined; fires?: boolean | undefined; }) => Answer<void>;
  endStreams: (userId: string) => Answer<void>;
  heardOfRunners: () => Answer<{ [x: string]: number; }>;
  readLoad: () => Answer<{ callsPerSecond: number; streams: number; waits: number; runners: number; }>;
};

export type Register = {
  beginSweep: () => Answer<{ mustSweep: boolean; at: number; }>;
  endSweep: (at: number, dueInMs: number | null) => Answer<void>;
  mark: () => Answer<void>;
  noteAlarm: (lateMs: number) => Answer<void>;
  noteRefusedSignIns: (counts: { api_key?: number; login_service?: number; }) => Answer<void>;
  readStatus: () => Answer<{ sinceSkipped: number | null; lastAlarm: { since: number; lateMs: number; } | null; refusedSignIns?: Partial<Record<"api_key" | "login_service", number>>; }>;
};
