"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.SHARED_STATE_DIR = void 0;
/** The environment variable that tells the processes of a test run which manager they share. */
exports.SHARED_STATE_DIR = 'PGS_TEST_SHARED_STATE_DIR';
