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
  write(`${entry}.js`, `'use strict'\n\nmodule.exports = require('./lib/${entry}.js')\n`)
  const [ours, theirs] = exported.includes('default') ? ['\nexport default entry.default\n', `export { default } from './${entry}.js'\n`] : ['', '']
  write(`${entry}.mjs`, `import entry from './${entry}.js'\n\nexport const { ${names.join(', ')} } = entry\n${ours}`)
  write(`${entry}.d.mts`, `export * from './${entry}.js'\n${theirs}`)
  write(`${entry}.d.ts`, await typesOf(entry))
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
