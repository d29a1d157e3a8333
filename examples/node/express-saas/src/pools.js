import pg from 'pg'

/** A pool of connections for each customer that is in use. */
export class Pools {
  #pools = new Map()
  #check
  #urlOf

  /** `check` rejects for a name that is no customer's: whoever sends requests must not make us keep a pool for each name. */
  constructor({ check, urlOf }) {
    this.#check = check
    this.#urlOf = urlOf
  }

  async of(name) {
    await this.#check(name)
    return this.#pools.get(name) ?? this.#open(name)
  }

  /** Ends the pools of customers whose doors shut, whoever shuts them: this process, another one, or `pgs disable`. */
  async follow(events) {
    for await (const { id, kind } of events) {
      if (SHUT.has(kind)) await this.#end(id)
    }
  }

  async close() {
    await Promise.all([...this.#pools.keys()].map((name) => this.#end(name)))
  }

  #open(name) {
    const pool = new pg.Pool({ connectionString: this.#urlOf(name), max: 5, idleTimeoutMillis: 30_000 })
    // A connection that breaks while nobody uses it: the next query opens another.
    pool.on('error', (error) => console.error(`a connection of ${name} broke: ${error.message}`))
    this.#pools.set(name, pool)
    return pool
  }

  async #end(name) {
    const pool = this.#pools.get(name)
    this.#pools.delete(name)
    await pool?.end()
  }
}

const SHUT = new Set(['access_disabled', 'password_changed', 'trashed', 'purged'])
