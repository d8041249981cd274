/** Finds out which changes the tests notice. It may run beside other work: tests that fail since they are slow do not count. */
import type { Mutant } from "./draw.ts";
import type { Config, Outcome, Trial } from "./trial.ts";

export const say = (text: string): void => console.error(text);

export function inWords(outcome: Outcome): string {
  if (outcome.is === "passed") return "lives so far";
  return outcome.is === "failed" ? `noticed by ${outcome.by}` : `cannot be judged: ${outcome.why}`;
}

const halvesOf = <Item>(items: readonly Item[]): [Item[], Item[]] => {
  const half = Math.ceil(items.length / 2);
  return [items.slice(0, half), items.slice(half)];
};

export class Search {
  readonly #trial: Pick<Trial, "run" | "failing">;
  /** Which test files pass without a change. */
  readonly #passing = new Set<string>();

  constructor(trial: Pick<Trial, "run" | "failing">) {
    this.#trial = trial;
  }

  /**
   * Which of these changes are noticed by the tests near to each. All tests run once with all changes. Then each change is tried by itself
   * with those of its tests that failed.
   */
  async tryNearest(
    mutants: readonly Mutant[],
    config: Config,
    nearTo: (mutant: Mutant) => string[],
  ): Promise<Map<Mutant, Outcome>> {
    const files = [...new Set(mutants.flatMap(nearTo))];
    if (files.length === 0) return new Map(mutants.map((mutant) => [mutant, { is: "passed" }]));
    const [first] = mutants;
    if (mutants.length === 1 && first !== undefined) return new Map([[first, await this.try(mutants, config, files)]]);
    const failing = await this.#trial.failing(mutants, config, files);
    // One of them breaks so much that the tests say nothing about the others.
    if (failing === null || failing.length > files.length / 2) {
      const [some, others] = halvesOf(mutants);
      return new Map([
        ...(await this.tryNearest(some, config, nearTo)),
        ...(await this.tryNearest(others, config, nearTo)),
      ]);
    }
    const outcomes = new Map<Mutant, Outcome>();
    for (const mutant of mutants) {
      const suspects = nearTo(mutant).filter((file) => failing.includes(file));
      outcomes.set(mutant, suspects.length === 0 ? { is: "passed" } : await this.try([mutant], config, suspects, true));
    }
    return outcomes;
  }

  /**
   * Runs tests with these changes. A failure counts only if the file fails again when it runs alone, and passes without the changes. Tests
   * that do not end have to do so twice. `haveFailed`: the files have failed once.
   */
  async try(
    mutants: readonly Mutant[],
    config: Config,
    files: readonly string[] = [],
    haveFailed = false,
  ): Promise<Outcome> {
    const passedAlone: string[] = [];
    let hasHung = false;
    for (;;) {
      const outcome = await this.#trial.run(mutants, config, files, passedAlone);
      if (outcome.is !== "failed") return outcome;
      const { file } = outcome;
      if (file === null) {
        if (hasHung) return outcome;
        hasHung = true;
        continue;
      }
      const isAgain = haveFailed && files.length - passedAlone.length === 1;
      const alone = isAgain ? outcome : await this.#trial.run(mutants, config, [file]);
      if (alone.is === "passed") passedAlone.push(file);
      else return (await this.#passes(config, file)) ? alone : { is: "unusable", why: `${file} fails without it, too` };
    }
  }

  async #passes(config: Config, file: string): Promise<boolean> {
    if (!this.#passing.has(file) && (await this.#trial.run([], config, [file])).is === "passed")
      this.#passing.add(file);
    return this.#passing.has(file);
  }

  /** Those of the changes that a whole suite does not notice. It runs with all of them, and with fewer when it fails. */
  async livingIn(mutants: readonly Mutant[], config: Config): Promise<Mutant[]> {
    if (mutants.length === 0) return [];
    say(`All of ${config}, with ${mutants.length} of the changes…`);
    const outcome = await this.try(mutants, config);
    if (outcome.is === "passed") return [...mutants];
    const [first] = mutants;
    if (mutants.length === 1 && first !== undefined) {
      say(`${first.path}:${first.line}: ${inWords(outcome)}`);
      // What the suite cannot say anything about still lives.
      return outcome.is === "unusable" ? [first] : [];
    }
    const [some, others] = halvesOf(mutants);
    return [...(await this.livingIn(some, config)), ...(await this.livingIn(others, config))];
  }
}
