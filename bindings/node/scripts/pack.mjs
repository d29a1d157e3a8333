// Packs what is built into a folder: the package, and that of this platform with the native part. `napi artifacts` does the same
// for the native parts of other platforms, where they come from.
//
// Only here the package gets its platforms' packages as dependencies: where it is developed, there are none to install.
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = resolve(process.argv[2] ?? join(root, 'build', 'packed'))
const stage = mkdtempSync(join(tmpdir(), 'pgs-pack-'))

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const platform of built()) pack(stagePlatform(platform))
pack(stagePackage())
rmSync(stage, { recursive: true })

/** The platforms whose native part is here. */
function built() {
  return readdirSync(join(root, 'npm')).filter((platform) => existsSync(join(root, native(platform))))
}

function native(platform) {
  return `pgs.${platform}.node`
}

function stagePlatform(platform) {
  const to = join(stage, platform)
  cpSync(join(root, 'npm', platform), to, { recursive: true })
  copyFileSync(join(root, native(platform)), join(to, native(platform)))
  licenses(to)
  return to
}

function stagePackage() {
  const to = join(stage, 'package')
  const skipped = new Set(['node_modules', 'build', 'docs', 'npm', 'src', 'ts', 'test', 'target'])
  cpSync(root, to, { recursive: true, filter: (from) => !skipped.has(from.slice(root.length + 1)) && !from.endsWith('.node') })
  const manifest = read(join(root, 'package.json'))
  for (const platform of readdirSync(join(root, 'npm'))) {
    const { name, version } = read(join(root, 'npm', platform, 'package.json'))
    manifest.optionalDependencies[name] = version
  }
  delete manifest.devDependencies
  delete manifest.scripts
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  licenses(to)
  return to
}

function licenses(to) {
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(root, '..', '..', name), join(to, name))
}

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function pack(from) {
  const name = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: from, encoding: 'utf8' })
  console.log(join(folder, name.trim()))
}
