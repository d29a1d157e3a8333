"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.main = main;
const embedded_js_1 = require("./embedded.js");
const native_js_1 = require("./native.js");
/** Runs the `pgs` command in this process. `script` is what Node.js was started with, to start it once more. */
function main(script) {
    for (const signal of ['SIGINT', 'SIGTERM'])
        giveBack(signal);
    process.exitCode = native_js_1.native.runCommand(process.execPath, [script], process.argv.slice(2), (0, embedded_js_1.embeddedBindir)());
}
/**
 * Node.js ends itself at these signals by a handler of its own, which the command's would call as well. Listening and no longer
 * listening leaves the signal to the system's default, and so to the command.
 */
function giveBack(signal) {
    process.on(signal, ignored);
    process.off(signal, ignored);
}
function ignored() { }
