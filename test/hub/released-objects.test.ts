/**
 * During a deployment, and after a rollback, a Worker calls the Durable Objects of the version before or after its own. So their methods
 * only grow. These tests are types: `tsc`, a part of `npm run check`, fails when one of them is wrong.
 */
import { describe, expectTypeOf, it } from "vitest";
import type { Hub } from "../../src/hub/hub.ts";
import type { Register } from "../../src/hub/register.ts";
import type * as released from "../support/releases/0.2.0/objects.ts";

/** The arguments of those methods that a recorded object has, too, without parameters that it does not know. */
type Sent<Today, Released> = {
  [Name in keyof Released & keyof Today]: First<ArgumentsOf<Today[Name]>, ArgumentsOf<Released[Name]>>;
};
type Known<Released> = { [Name in keyof Released]: ArgumentsOf<Released[Name]> };
type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;
type First<Arguments extends unknown[], Known extends unknown[]> = {
  [Index in keyof Known]: Arguments[Index & keyof Arguments];
};

describe("today's Durable Objects", () => {
  it("take what the Worker of the recorded release sends, and answer what it reads", () => {
    expectTypeOf<Hub>().toExtend<released.Hub>();
    expectTypeOf<Register>().toExtend<released.Register>();
  });
});

describe("the Durable Objects of the recorded release", () => {
  it("take what today's Worker sends", () => {
    expectTypeOf<Sent<Hub, released.Hub>>().toExtend<Known<released.Hub>>();
    expectTypeOf<Sent<Register, released.Register>>().toExtend<Known<released.Register>>();
  });
});
