/** Notes in a table of that name. */
export class Notes {
  #client

  constructor(client) {
    this.#client = client
  }

  async add(text) {
    const { rows } = await this.#client.query('insert into notes (text) values ($1) returning id', [text])
    return rows[0].id
  }

  async all() {
    const { rows } = await this.#client.query('select id, text from notes order by id')
    return rows
  }
}

export const SCHEMA = 'create table notes (id serial primary key, text text not null)'
