"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.written = written;
exports.text = text;
exports.plain = plain;
exports.wrong = wrong;
const errors_js_1 = require("./errors.js");
/**
 * Options as JSON for the native part, in which every number is what it was: one that JSON cannot say is an error that names
 * it, and never another number.
 */
function written(value, path) {
    return writer(value, path, 0);
}
/** A text that is an argument of its own. */
function text(name, value) {
    if (typeof value !== 'string')
        throw wrong(name, value, 'a text');
    if (!value.isWellFormed())
        throw refused(name, 'a text with half a character', 'a text');
    return value;
}
/** An argument that holds options, which must not be something else that has none of them. */
function plain(options) {
    if (typeof options !== 'object' || options === null || !isPlain(options))
        throw wrong('', options, 'a plain object');
    return options;
}
/** The error of an argument or an option that is not what it should be; the empty path for all options. */
function wrong(path, value, expected) {
    return refused(path, told(value), expected);
}
function writer(value, path, depth) {
    if (depth > DEEPEST)
        throw refused(path, 'an object within itself', 'options');
    switch (typeof value) {
        case 'boolean':
            return String(value);
        case 'string':
            return JSON.stringify(text(path, value));
        case 'number':
            if (!Number.isFinite(value))
                throw wrong(path, value, 'a finite number');
            return JSON.stringify(value);
        case 'bigint':
            if (value < SMALLEST || value > LARGEST)
                throw wrong(path, value, 'a number of 64 bits');
            return String(value);
        case 'object':
            return value === null ? 'null' : composed(value, path, depth + 1);
        default:
            throw wrong(path, value, 'a plain value');
    }
}
function composed(value, path, depth) {
    if (Array.isArray(value)) {
        const items = Array.from(value, (item, index) => writer(item, `${path}[${index}]`, depth));
        return `[${items.join(',')}]`;
    }
    if (!isPlain(value))
        throw wrong(path, value, 'a plain object');
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    const texts = fields.map(([name, field]) => {
        const inner = path === '' ? name : `${path}.${name}`;
        return `${JSON.stringify(text('a name', name))}:${writer(field, inner, depth)}`;
    });
    return `{${texts.join(',')}}`;
}
/** Of this or another realm, as in a test runner that has one for each file. */
function isPlain(value) {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
}
function refused(path, found, expected) {
    const where = path === '' ? 'the options' : `option \`${path}\``;
    return (0, errors_js_1.invalid)(`${where}: ${found} is not ${expected}`);
}
/** What it is, but for a text, which may be a secret. */
function told(value) {
    switch (typeof value) {
        case 'number':
        case 'bigint':
        case 'boolean':
        case 'undefined':
            return `\`${String(value)}\``;
        case 'string':
            return 'a text';
        case 'object':
            return value === null ? '`null`' : `an object ${value.constructor?.name ?? ''}`.trimEnd();
        default:
            return `a ${typeof value}`;
    }
}
const DEEPEST = 16;
const SMALLEST = -(2n ** 63n);
const LARGEST = 2n ** 64n - 1n;
