/** Thrown when the login service does not answer in time, or when what it says about itself is wrong. */
export class LoginUnavailable extends Error {
  constructor(cause: unknown) {
    super("The login service cannot be used now.", { cause });
    this.name = "LoginUnavailable";
  }
}

/** Thrown when a sign-in is not accepted. `reason` is one word for the log. */
export class LoginRefused extends Error {
  readonly reason: string;

  constructor(reason: string, cause: unknown) {
    super("The sign-in was refused.", { cause });
    this.name = "LoginRefused";
    this.reason = reason;
  }
}
