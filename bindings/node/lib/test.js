"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.useTenant = useTenant;
const node_crypto_1 = require("node:crypto");
const call_js_1 = require("./call.js");
const embedded_js_1 = require("./embedded.js");
const errors_js_1 = require("./errors.js");
const json_js_1 = require("./json.js");
const native_js_1 = require("./native.js");
const over_js_1 = require("./over.js");
const pgs_js_1 = require("./pgs.js");
const proxy_js_1 = require("./proxy.js");
const shared_js_1 = require("./shared.js");
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
function useTenant(hooks, options = {}) {
    const suite = new Suite((0, json_js_1.plain)(options));
    const begin = () => suite.begin();
    const end = () => suite.end();
    const isThing = Object(hooks) === hooks;
    if (isThing && 'beforeAll' in hooks) {
        hooks.beforeAll(begin, PATIENCE);
        hooks.afterAll(end, PATIENCE);
    }
    else if (isThing && 'before' in hooks) {
        hooks.before(begin, { timeout: PATIENCE });
        hooks.after(end, { timeout: PATIENCE });
    }
    else {
        throw (0, errors_js_1.invalid)('these are no hooks of a test runner', 'pass { before, after } of node:test, or { beforeAll, afterAll } of vitest or jest');
    }
    return suite;
}
class Suite {
    #options;
    #made;
    /** Of suites before this one. */
    #purging;
    constructor(options) {
        this.#options = options;
    }
    get id() {
        return this.#there().id;
    }
    get url() {
        const { pgs, proxy, id, password } = this.#there();
        return pgs.urlWithPassword(id, proxy, password);
    }
    get connection() {
        const { proxy, id, password } = this.#there();
        const { hostname: host, port } = new URL(`tcp://${proxy.address}`);
        const connection = { host, port: Number(port), user: id, database: id, password };
        return Object.defineProperty(connection, 'password', { enumerable: false });
    }
    get pgs() {
        return this.#there().pgs;
    }
    get proxy() {
        return this.#there().proxy;
    }
    async begin() {
        const { manager, ...options } = this.#options;
        const { pgs, proxy } = await shared(manager);
        const { id, password } = await pgs.create(freeName(), { ...options, enable: true });
        this.#made = { pgs, proxy, id, password };
        // While the suite runs, which does not wait for it. What is left at the end goes with the manager.
        this.#purging = (0, over_js_1.purgeOver)(pgs).catch(warn);
    }
    async end() {
        if (this.#made)
            (0, over_js_1.noteOver)(this.#made.pgs, this.#made.id);
        this.#made = undefined;
        // A runner may end the process next.
        await this.#purging;
    }
    #there() {
        if (this.#made)
            return this.#made;
        throw (0, errors_js_1.invalid)('the suite has no tenant yet, or no longer', 'ask for it inside of a test or of a hook');
    }
}
async function shared(options = {}) {
    place[SHARED] ??= openShared(options);
    const opened = await place[SHARED];
    const pgs = (0, pgs_js_1.pgsOf)(opened.pgs);
    return { pgs, proxy: (0, proxy_js_1.proxyOf)(opened.proxy, pgs) };
}
function openShared(options) {
    return (0, call_js_1.call)(async () => {
        const stateDir = process.env[shared_js_1.SHARED_STATE_DIR];
        const begin = stateDir === undefined ? native_js_1.native.ephemeralNative : native_js_1.native.openNative;
        const pgs = await begin((0, json_js_1.written)({ ...options, stateDir }, ''), (0, embedded_js_1.embeddedBindir)());
        return { pgs, proxy: await pgs.serve('{}') };
    });
}
const SHARED = Symbol.for('@sysnee/pgs/test');
/** The native part is loaded once for a process, while jest loads everything else anew for each file. */
const place = native_js_1.native;
function warn(error) {
    process.emitWarning(`the tenant of a suite that is over could not be deleted: ${error.message}`);
}
function freeName() {
    return `suite-${(0, node_crypto_1.randomUUID)()}`;
}
/** Milliseconds. The first suite waits for the template, which a slow machine takes long to make. */
const PATIENCE = 300_000;
