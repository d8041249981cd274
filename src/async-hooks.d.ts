/**
 * The part of Node's module `async_hooks` that we use. We do not include all of Node's types, since they declare much that
 * Workers do not have.
 */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Result>(store: Store, action: () => Result): Result;
    getStore(): Store | undefined;
  }
}
