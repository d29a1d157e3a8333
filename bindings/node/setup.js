// Made by `npm run generate`; change ts/ instead.
'use strict'

const entry = require('./lib/setup.js')

exports.__esModule = true
exports.default = entry.default
exports.globalSetup = entry.globalSetup
