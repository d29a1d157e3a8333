"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.native = void 0;
const node_worker_threads_1 = require("node:worker_threads");
/** The native part. Its loader is generated beside this package's entry. */
exports.native = require('../native.js');
exports.native.ownManagers(node_worker_threads_1.isMainThread);
