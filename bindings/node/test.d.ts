// Made by `npm run generate`; change ts/ instead.
import { Pgs, Proxy, CreateOptions, OpenOptions } from './index.js';

/** What a test suite's tenant is made with. */
interface TenantOptions extends Omit<CreateOptions, 'enable' | 'protect'> {
    /** How the manager is opened that all suites of this process share; the first suite decides. */
    manager?: Omit<OpenOptions, 'stateDir'>;
}
/** The hooks of vitest and jest. */
interface AllHooks {
    beforeAll: (hook: () => Promise<void>, timeout?: number) => unknown;
    afterAll: (hook: () => Promise<void>, timeout?: number) => unknown;
}
/** The hooks of node:test. */
interface NodeHooks {
    before: (hook: () => Promise<void>, options?: {
        timeout?: number;
    }) => unknown;
    after: (hook: () => Promise<void>, options?: {
        timeout?: number;
    }) => unknown;
}
/** A suite's own tenant: a PostgreSQL server of its own. It is there from the suite's first hook to its last. */
interface SuiteTenant {
    /** Its name: role and database. */
    readonly id: string;
    /** Its connection URI with the password, for any driver. */
    readonly url: string;
    /** The same in parts, as node-postgres takes them. */
    readonly connection: Connection;
    /** The manager that all suites of this process share. */
    readonly pgs: Pgs;
    /** The proxy that all suites of this process share. */
    readonly proxy: Proxy;
}
/** Where a tenant is and who comes in. The password is not enumerable. */
interface Connection {
    host: string;
    port: number;
    user: string;
    database: string;
    password: string;
}
/**
 * Gives the suite it is called in a tenant of its own, in a fraction of a second: all suites of a process share a throw-away manager, which
 * makes each server as a copy of a template. With `globalSetup: '@sysnee/pgs/test/setup'` all processes of a run share one.
 *
 * ```js
 * import { after, before, test } from 'node:test' // or beforeAll, afterAll of vitest or jest
 * const db = useTenant({ before, after })
 * test('it answers', async () => {
 *   const client = new pg.Client(db.url)
 * })
 * ```
 */
declare function useTenant(hooks: AllHooks | NodeHooks, options?: TenantOptions): SuiteTenant;

export { useTenant };
export type { AllHooks, Connection, NodeHooks, SuiteTenant, TenantOptions };
