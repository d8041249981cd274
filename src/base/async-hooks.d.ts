/**
 * The part of Node's module `async_hooks` that we use. Node's own types are not included, since they declare much that does not
 * exist in Workers.
 */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Result>(store: Store, action: () => Result): Result;
    getStore(): Store | undefined;
  }
}
