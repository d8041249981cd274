/** What a fake runner does with a request. */
export type ScriptedAnswer = {
  /** 202 if not given. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** How long it waits first. */
  delayMs?: number;
  /** Never answers, closes the connection without an answer, or answers with a body that does not end. */
  ending?: "hang" | "cut" | "endless";
};

/** What a fake runner was sent. Names of headers are in small letters. */
export type ReceivedRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** True once the sender has closed the connection before the answer was at its end. */
  isAbandoned: boolean;
};
