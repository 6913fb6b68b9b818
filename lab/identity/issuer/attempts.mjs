// Limit of login attempts: after failures a name has to wait, longer each time.
const FREE = 3;
const FIRST_MS = 1000;
const MOST_MS = 30_000;
const FORGET_MS = 15 * 60_000;
const REMEMBERED = 10_000;

export class Attempts {
  #failures = new Map(); // of unknown names too, so that a wait does not reveal which names exist

  // milliseconds until the next attempt is accepted
  wait(name) {
    const failure = this.#failures.get(name);
    return failure ? Math.max(0, failure.until - Date.now()) : 0;
  }

  failed(name) {
    const now = Date.now();
    const before = this.#failures.get(name);
    const times = before && now - before.at < FORGET_MS ? before.times + 1 : 1;
    const wait = times < FREE ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (times - FREE));
    this.#failures.delete(name);
    this.#failures.set(name, { times, at: now, until: now + wait });
    if (this.#failures.size > REMEMBERED) {
      this.#failures.delete(this.#failures.keys().next().value);
    }
  }

  succeeded(name) {
    this.#failures.delete(name);
  }
}
