import { z } from "zod";
import { bindingOf } from "../bindings.ts";
import type { Hub } from "./hub.ts";
import type { Register } from "./register.ts";

const schema = z.object({
  HUB: bindingOf<DurableObjectNamespace<Hub>>(),
  REGISTER: bindingOf<DurableObjectNamespace<Register>>(),
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
