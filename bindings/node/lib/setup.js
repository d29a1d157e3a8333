"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.default = setup;
exports.globalSetup = setup;
const index_js_1 = require("./index.js");
const shared_js_1 = require("./shared.js");
/**
 * For the `globalSetup` of vitest, jest or node:test: one throw-away manager for all processes of a test run, which makes its
 * template once. It is closed at the end of the run.
 */
async function setup() {
    const pgs = await (0, index_js_1.ephemeral)();
    held.add(pgs);
    process.env[shared_js_1.SHARED_STATE_DIR] = pgs.stateDir;
    return async () => {
        held.delete(pgs);
        await pgs.close();
    };
}
/** A manager that is forgotten is closed. jest forgets what closes it. */
const held = new Set();
