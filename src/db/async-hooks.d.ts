/** What we use of Node's module, which the platform has; all of Node's types would promise more than it keeps. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Result>(store: Store, action: () => Result): Result;
    getStore(): Store | undefined;
  }
}
