"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.noteOver = noteOver;
exports.purgeOver = purgeOver;
const node_fs_1 = require("node:fs");
const node_path_1 = require("node:path");
const errors_js_1 = require("./errors.js");
/**
 * Notes that a suite is over, whose tenant is to be deleted. A hook cannot do that by itself: behind it come hooks of the suite's
 * own, such as one that ends a connection.
 *
 * It is noted beside the tenants, since whoever comes next may be another process, or this one with all modules loaded anew.
 */
function noteOver(pgs, id) {
    (0, node_fs_1.mkdirSync)(folderOf(pgs), { recursive: true });
    (0, node_fs_1.writeFileSync)((0, node_path_1.join)(folderOf(pgs), nameOf({ id, pid: process.pid })), '');
}
/** Deletes the tenants of suites that are over and have no more hooks to run. */
async function purgeOver(pgs) {
    await Promise.all(notes(pgs).map((note) => purge(pgs, note)));
}
async function purge(pgs, note) {
    if (isOfAnother(note) || (await hasSessions(pgs, note.id)) || !take(pgs, note))
        return;
    const isGone = (error) => error instanceof errors_js_1.PgsError && error.code === 'PGS_NOT_FOUND';
    await pgs.purge(note.id).catch((error) => {
        if (!isGone(error))
            throw error;
    });
    (0, node_fs_1.rmSync)((0, node_path_1.join)(folderOf(pgs), nameOf({ ...note, pid: process.pid })), { force: true });
}
/** A process that lives may still be busy with the suite's last hooks. In this one the next suite has begun. */
function isOfAnother({ pid }) {
    if (pid === process.pid)
        return false;
    try {
        return process.kill(pid, 0);
    }
    catch (error) {
        return error.code === 'EPERM';
    }
}
/** Those that a hook has still to end, of a suite in another thread or, where suites run at one time, in this one. */
async function hasSessions(pgs, id) {
    try {
        const { stats } = await pgs.show(id);
        return (stats?.sessions ?? 0) > 0;
    }
    catch {
        // Purging tells what is wrong with it.
        return false;
    }
}
/** Only one process takes it; and where that is killed, another one. */
function take(pgs, note) {
    const folder = folderOf(pgs);
    try {
        (0, node_fs_1.renameSync)((0, node_path_1.join)(folder, nameOf(note)), (0, node_path_1.join)(folder, nameOf({ ...note, pid: process.pid })));
        return true;
    }
    catch (error) {
        if (error.code !== 'ENOENT')
            throw error;
        return false;
    }
}
function notes(pgs) {
    (0, node_fs_1.mkdirSync)(folderOf(pgs), { recursive: true });
    return (0, node_fs_1.readdirSync)(folderOf(pgs)).map((name) => {
        const [id = '', pid] = name.split('.');
        return { id, pid: Number(pid) };
    });
}
function nameOf({ id, pid }) {
    return `${id}.${pid}`;
}
function folderOf(pgs) {
    return (0, node_path_1.join)(pgs.stateDir, 'suites-over');
}
