import "vitest";

/** What `test/global-setup.ts` tells the tests. */
declare module "vitest" {
  interface ProvidedContext {
    /** Where the tests ask for databases. */
    harnessUrl: string;
    /** What random tests begin with: the environment variable `SEED`, or another number each time. */
    seed: number;
    /** True in `npm run test:whole`, which tries all pairs, and larger numbers: see `test/support/in-turn.ts`. */
    isWhole: boolean;
    /** How long the soak test goes on; 0 when it was not asked for. */
    soakMinutes: number;
  }
}
