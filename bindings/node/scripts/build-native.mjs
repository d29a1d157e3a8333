// Builds the native part and puts it beside the package, with its loader and its types. Arguments go on to `napi build`,
// such as --release.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = process.env.CARGO_TARGET_DIR
const args = [
  'napi', 'build', '--platform', '--js', 'native.js', '--dts', 'native.d.ts', '--no-const-enum', '--package', 'pgs-node', '--output-dir', root,
  ...(target ? ['--target-dir', target] : []),
  ...process.argv.slice(2),
]
const { status } = spawnSync('npx', ['--no-install', ...args], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
