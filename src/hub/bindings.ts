import { z } from "zod";
import type { Hub } from "./hub.ts";
import type { Register } from "./register.ts";

const isBinding = (binding: unknown) => typeof binding === "object" && binding !== null;

const schema = z.object({
  HUB: z.custom<DurableObjectNamespace<Hub>>(isBinding).optional(),
  REGISTER: z.custom<DurableObjectNamespace<Register>>(isBinding).optional(),
});

export type Objects = {
  hubs: DurableObjectNamespace<Hub> | undefined;
  register: DurableObjectNamespace<Register> | undefined;
};

/** The namespaces of the Durable Objects; undefined for those that the Worker does not have. */
export function readObjects(bindings: object): Objects {
  const { HUB, REGISTER } = schema.parse(bindings);
  return { hubs: HUB, register: REGISTER };
}
