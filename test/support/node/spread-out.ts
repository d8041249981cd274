import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from "vitest/node";

/** How many files are started between two that mostly wait. */
const BETWEEN = 4;

/**
 * Starts the files that mostly wait one after the other, in this order, each followed by some of the other files. Without it they would
 * start together, since they are among the longest, and nobody would use the cores until they have ended. `names` are the ends of paths.
 */
export const spreadOut = (names: readonly string[]): TestSequencerConstructor =>
  class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const sorted = await super.sort(files);
      const nameOf = ({ moduleId }: TestSpecification) => names.findIndex((name) => moduleId.endsWith(`/${name}`));
      const waiting = sorted.filter((file) => nameOf(file) >= 0).sort((a, b) => nameOf(a) - nameOf(b));
      const working = sorted.filter((file) => nameOf(file) < 0);
      const spread = waiting.flatMap((file, index) => [file, ...working.slice(index * BETWEEN, (index + 1) * BETWEEN)]);
      return [...spread, ...working.slice(waiting.length * BETWEEN)];
    }
  };
