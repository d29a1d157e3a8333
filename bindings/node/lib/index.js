"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Supervision = exports.Proxy = exports.Pgs = exports.Follow = exports.PgsError = exports.AbortError = void 0;
exports.open = open;
exports.ephemeral = ephemeral;
const call_js_1 = require("./call.js");
const embedded_js_1 = require("./embedded.js");
const json_js_1 = require("./json.js");
const native_js_1 = require("./native.js");
const pgs_js_1 = require("./pgs.js");
var errors_js_1 = require("./errors.js");
Object.defineProperty(exports, "AbortError", { enumerable: true, get: function () { return errors_js_1.AbortError; } });
Object.defineProperty(exports, "PgsError", { enumerable: true, get: function () { return errors_js_1.PgsError; } });
var follow_js_1 = require("./follow.js");
Object.defineProperty(exports, "Follow", { enumerable: true, get: function () { return follow_js_1.Follow; } });
var pgs_js_2 = require("./pgs.js");
Object.defineProperty(exports, "Pgs", { enumerable: true, get: function () { return pgs_js_2.Pgs; } });
var proxy_js_1 = require("./proxy.js");
Object.defineProperty(exports, "Proxy", { enumerable: true, get: function () { return proxy_js_1.Proxy; } });
var supervision_js_1 = require("./supervision.js");
Object.defineProperty(exports, "Supervision", { enumerable: true, get: function () { return supervision_js_1.Supervision; } });
/**
 * Opens a state directory, making it if it is not there: its path, or the keys of `pgs.toml`. Any number of processes may open
 * the same one; they see the same tenants. What killed processes left unfinished is finished or taken back first.
 *
 * ```js
 * const pgs = await open('./state')
 * const { password } = await pgs.create('acme', { enable: true })
 * const proxy = await pgs.serve({ listen: '127.0.0.1:5432' })
 * console.log(pgs.url('acme', proxy)) // postgresql://acme@127.0.0.1:5432/acme
 * ```
 */
async function open(options = {}) {
    return opened(native_js_1.native.openNative, typeof options === 'string' ? { stateDir: options } : options);
}
/**
 * Opens a throw-away manager in a temporary directory: what a test suite wants. `close` stops and deletes everything; where it is
 * not closed, that happens at the end of the process, and where that is killed, when the next one is opened.
 */
async function ephemeral(options = {}) {
    return opened(native_js_1.native.ephemeralNative, options);
}
async function opened(begin, options) {
    const [asked, rest] = (0, pgs_js_1.split)(options);
    const opening = async () => begin((0, json_js_1.written)(asked, ''), (0, embedded_js_1.embeddedBindir)());
    return (0, pgs_js_1.pgsOf)(await (0, call_js_1.call)(opening, rest, (late) => late.close()));
}
