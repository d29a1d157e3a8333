"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Supervision = exports.supervisionOf = void 0;
const call_js_1 = require("./call.js");
/** Servers that die are started again, until this or its manager is closed. It does not keep the process alive. */
class Supervision {
    #native;
    constructor(native) {
        this.#native = native;
    }
    static {
        exports.supervisionOf = (native) => new Supervision(native);
    }
    /** Ends it; servers go on. */
    close(options = {}) {
        return (0, call_js_1.call)(() => this.#native.close(), options);
    }
    async [Symbol.asyncDispose]() {
        await this.close();
    }
}
exports.Supervision = Supervision;
