// Writes what is made of ts/: the entries in both module systems, and their types in one file each.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const HEADER = '// Made by `npm run generate`; change ts/ instead.\n'

for (const entry of ['index', 'test', 'setup']) {
  const exported = Object.keys(require(join(root, 'lib', `${entry}.js`))).sort()
  const names = exported.filter((name) => name !== 'default')
  const hasDefault = exported.includes('default')
  write(`${entry}.js`, hasDefault ? assigned(entry, exported) : `'use strict'\n\nmodule.exports = require('./lib/${entry}.js')\n`)
  // Test runners have ideas of their own of what the default is of a CommonJS module that has one.
  const from = hasDefault
    ? `import { createRequire } from 'node:module'\n\nconst entry = createRequire(import.meta.url)('./${entry}.js')\n\n`
    : `import entry from './${entry}.js'\n\n`
  const named = `${from}export const { ${names.join(', ')} } = entry\n`
  write(`${entry}.mjs`, hasDefault ? `${named}export default entry.default\n` : named)
  const types = `export * from './${entry}.js'\n`
  write(`${entry}.d.mts`, hasDefault ? `${types}export { default } from './${entry}.js'\n` : types)
  write(`${entry}.d.ts`, await typesOf(entry))
}

/** Name by name, as tools expect it of a module with a default. */
function assigned(entry, names) {
  const lines = names.map((name) => `exports.${name} = entry.${name}\n`)
  return `'use strict'\n\nconst entry = require('./lib/${entry}.js')\n\nexports.__esModule = true\n${lines.join('')}`
}

function write(name, text) {
  writeFileSync(join(root, name), HEADER + text)
}

/** All types in one file; of the other entry only a mention. */
async function typesOf(entry) {
  const bundle = await rollup({
    input: join(root, 'ts', `${entry}.ts`),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    external: (id) => entry !== 'index' && (id === './index.js' || id === './test.js'),
  })
  const { output } = await bundle.generate({ format: 'es' })
  return output[0].code
}
