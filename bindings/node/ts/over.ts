import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PgsError } from './errors.js'
import type { Pgs } from './pgs.js'

/**
 * Notes that a suite is over, whose tenant is to be deleted. A hook cannot do that by itself: behind it come hooks of the suite's
 * own, such as one that ends a connection.
 *
 * It is noted beside the tenants, since whoever comes next may be another process, or this one with all modules loaded anew.
 */
export function noteOver(pgs: Pgs, id: string): void {
  mkdirSync(folderOf(pgs), { recursive: true })
  writeFileSync(join(folderOf(pgs), nameOf({ id, pid: process.pid })), '')
}

/** Deletes the tenants of suites that are over and have no more hooks to run. */
export async function purgeOver(pgs: Pgs): Promise<void> {
  await Promise.all(notes(pgs).map((note) => purge(pgs, note)))
}

/** A suite that is over, and the process that sees to its tenant. */
interface Note {
  id: string
  pid: number
}

async function purge(pgs: Pgs, note: Note): Promise<void> {
  if (isOfAnother(note) || (await hasSessions(pgs, note.id)) || !take(pgs, note)) return
  const isGone = (error: unknown) => error instanceof PgsError && error.code === 'PGS_NOT_FOUND'
  await pgs.purge(note.id).catch((error) => {
    if (!isGone(error)) throw error
  })
  rmSync(join(folderOf(pgs), nameOf({ ...note, pid: process.pid })), { force: true })
}

/** A process that lives may still be busy with the suite's last hooks. In this one the next suite has begun. */
function isOfAnother({ pid }: Note): boolean {
  if (pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Those that a hook has still to end, of a suite in another thread or, where suites run at one time, in this one. */
async function hasSessions(pgs: Pgs, id: string): Promise<boolean> {
  try {
    const { stats } = await pgs.show(id)
    return (stats?.sessions ?? 0) > 0
  } catch {
    // Purging tells what is wrong with it.
    return false
  }
}

/** Only one process takes it; and where that is killed, another one. */
function take(pgs: Pgs, note: Note): boolean {
  const folder = folderOf(pgs)
  try {
    renameSync(join(folder, nameOf(note)), join(folder, nameOf({ ...note, pid: process.pid })))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
}

function notes(pgs: Pgs): Note[] {
  mkdirSync(folderOf(pgs), { recursive: true })
  return readdirSync(folderOf(pgs)).map((name) => {
    const [id = '', pid] = name.split('.')
    return { id, pid: Number(pid) }
  })
}

function nameOf({ id, pid }: Note): string {
  return `${id}.${pid}`
}

function folderOf(pgs: Pgs): string {
  return join(pgs.stateDir, 'suites-over')
}
