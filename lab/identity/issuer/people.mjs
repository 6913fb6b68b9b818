// People, their groups and passwords, from a file that may be edited while the issuer runs.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

import { parse } from 'yaml';

const digest = (words) => createHash('sha256').update(words).digest();

export class People {
  #file;
  #seen;
  #byName = new Map();

  constructor(file) {
    this.#file = file;
  }

  knows(name) {
    return this.#read().has(name);
  }

  // the person's id if the password is right; equally slow for an unknown name
  verified(name, password) {
    const person = this.#read().get(name);
    const right = timingSafeEqual(digest(password), digest(person?.password ?? ''));
    return person && right ? person.sub : undefined;
  }

  // a person who is removed from the file has no account any more, even with a valid token
  account(sub) {
    for (const [name, person] of this.#read()) {
      if (person.sub === sub) return { accountId: sub, claims: () => claims(name, person) };
    }
    return undefined;
  }

  #read() {
    try {
      const { mtimeNs, ino } = statSync(this.#file, { bigint: true });
      const seen = `${ino} ${mtimeNs}`;
      if (seen !== this.#seen) {
        this.#byName = usable(parse(readFileSync(this.#file, 'utf8')));
        this.#seen = seen;
      }
    } catch (error) {
      // its message could quote a password
      console.error(`people: the file is not read again (${error.code ?? error.name})`);
    }
    return this.#byName;
  }
}

function usable(content) {
  const people = Object.entries(content.people);
  return new Map(people.filter(([name, { sub, password, groups }]) => {
    const good = sub && typeof password === 'string' && password && Array.isArray(groups);
    if (!good) console.error(`people: ${name} needs sub, password and groups, and is left out`);
    return good;
  }));
}

function claims(name, { sub, name: fullName, email, groups }) {
  return {
    sub,
    name: fullName,
    preferred_username: name,
    organisation_name: 'foreground',
    email,
    email_verified: true,
    groups,
    'wlcg.groups': groups.map((group) => `/${group}`),
  };
}
