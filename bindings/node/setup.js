// Made by `npm run generate`; change ts/ instead.
'use strict'

module.exports = require('./lib/setup.js')
