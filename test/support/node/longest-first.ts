import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from "vitest/node";

/**
 * Starts these files first, in this order, and then the others. Without it, a file that takes minutes may start last, while the
 * other workers have nothing left to do. `names` are the ends of paths.
 */
export const longestFirst = (names: readonly string[]): TestSequencerConstructor =>
  class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const rank = ({ moduleId }: TestSpecification) => {
        const found = names.findIndex((name) => moduleId.endsWith(`/${name}`));
        return found === -1 ? names.length : found;
      };
      return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
    }
  };
