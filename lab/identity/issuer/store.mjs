// Store of sessions and tokens, in SQLite, so that they survive a restart; clients are in a file.
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS kept (
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    grant_id TEXT,
    uid TEXT,
    user_code TEXT,
    expires INTEGER,
    PRIMARY KEY (model, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS kept_by_grant ON kept (grant_id);
  CREATE INDEX IF NOT EXISTS kept_by_uid ON kept (model, uid);
`;
const SWEEP_MS = 3600_000;

const now = () => Math.floor(Date.now() / 1000);

export class Store {
  #database;
  #clients;

  constructor(file, clients) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(SCHEMA);
    this.#clients = clients;
    this.#sweep();
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  of(model) {
    return model === 'Client' ? new Clients(this.#clients) : new Kept(this.#database, model);
  }

  close() {
    this.#database.close();
  }

  #sweep() {
    this.#database.prepare('DELETE FROM kept WHERE expires < ?').run(now());
  }
}

// adapter for oidc-provider: one for each of its models
class Kept {
  #database;
  #model;

  constructor(database, model) {
    this.#database = database;
    this.#model = model;
  }

  async upsert(id, payload, expiresIn) {
    this.#run(
      'INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?)',
      this.#model,
      id,
      JSON.stringify(payload),
      payload.grantId ?? null,
      payload.uid ?? null,
      payload.userCode ?? null,
      expiresIn ? now() + expiresIn : null,
    );
  }

  async find(id) {
    return this.#get('id', id);
  }

  async findByUid(uid) {
    return this.#get('uid', uid);
  }

  async findByUserCode(code) {
    return this.#get('user_code', code);
  }

  async consume(id) {
    this.#run(
      "UPDATE kept SET payload = json_set(payload, '$.consumed', ?) WHERE model = ? AND id = ?",
      now(),
      this.#model,
      id,
    );
  }

  async destroy(id) {
    this.#run('DELETE FROM kept WHERE model = ? AND id = ?', this.#model, id);
  }

  async revokeByGrantId(grantId) {
    this.#run('DELETE FROM kept WHERE grant_id = ?', grantId);
  }

  #get(column, value) {
    const found = this.#database
      .prepare(`SELECT payload, expires FROM kept WHERE model = ? AND ${column} = ?`)
      .get(this.#model, value);
    const valid = found && (found.expires === null || found.expires >= now());
    return valid ? JSON.parse(found.payload) : undefined;
  }

  #run(statement, ...values) {
    this.#database.prepare(statement).run(...values);
  }
}

// read at each use, so that a new client needs no restart
class Clients {
  #file;

  constructor(file) {
    this.#file = file;
  }

  async find(id) {
    const client = JSON.parse(readFileSync(this.#file, 'utf8')).find((one) => one.client_id === id);
    return client && { grant_types: ['authorization_code', 'refresh_token'], ...client };
  }
}
