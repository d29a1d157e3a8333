import { createHmac } from 'node:crypto'

const SCHEMA = { name: '1-notes.sql', sql: 'create table notes (id serial primary key, text text not null)' }

/** Signs customers up and off: each is a tenant of its own. */
export class Customers {
  #pgs
  #secret
  #signingUp = new Map()

  constructor(pgs, secret) {
    this.#pgs = pgs
    this.#secret = secret
  }

  /** Creates the customer's server, unless it is there already. However often, and at the same time, it is called. */
  signUp(name) {
    const running = this.#signingUp.get(name) ?? this.#create(name).finally(() => this.#signingUp.delete(name))
    this.#signingUp.set(name, running)
    return running
  }

  /** Moves the customer to the trash, from where `pgs restore` brings it back for some days. */
  async signOff(name) {
    await this.#pgs.remove(name)
  }

  /** Rejects with PGS_NOT_FOUND, or PGS_INVALID_INPUT, for a name that is no customer's. */
  async check(name) {
    await this.#pgs.get(name)
  }

  /** Where the customer's database is. */
  url(name, proxy) {
    return this.#pgs.urlWithPassword(name, proxy, this.#password(name))
  }

  async #create(name) {
    try {
      const options = { password: this.#password(name), enable: true, initScripts: [SCHEMA] }
      await this.#pgs.create(name, options)
      return { isNew: true }
    } catch (error) {
      if (error.code !== 'PGS_ALREADY_EXISTS') throw error
      return { isNew: false }
    }
  }

  #password(name) {
    return createHmac('sha256', this.#secret).update(name).digest('base64url')
  }
}
