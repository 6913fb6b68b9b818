// OIDC issuer of one lab: `node main.mjs SETTINGS` serves it by TLS until SIGTERM.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

import Provider from 'oidc-provider';

import { Attempts } from './attempts.mjs';
import { configuration } from './configuration.mjs';
import { login } from './login.mjs';
import { nothingHere, notFound } from './pages.mjs';
import { People } from './people.mjs';
import { Store } from './store.mjs';

process.umask(0o077);

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const text = (name) => readFileSync(settings[name], 'utf8');
const store = new Store(settings.store, settings.clients);
const people = new People(settings.people);
const provider = new Provider(settings.issuer, configuration({
  store,
  people,
  signing: createPrivateKey(text('signing')).export({ format: 'jwk' }),
  cookies: [text('cookies').trim()],
}));
const host = new URL(settings.issuer).host;

// the front door routes all other names here until the site has an ingress
provider.use(async (ctx, next) => {
  if (ctx.host !== host) {
    nothingHere(ctx);
    return;
  }
  await next();
  if (ctx.status === 404 && !ctx.body) notFound(ctx);
});
// INDIGO IAM gives a refresh token to every client that requests offline_access; the library gives
// it, by the standard, only after a consent page, which this issuer does not have
provider.use((ctx, next) => {
  const { scope, prompt } = ctx.query;
  if (ctx.path === '/authorize' && /\boffline_access\b/.test(scope) && prompt !== 'none') {
    ctx.query = { ...ctx.query, prompt: [...new Set([prompt, 'consent'])].join(' ').trim() };
  }
  return next();
});
provider.use(login({ provider, people, attempts: new Attempts() }));
provider.on('server_error', (ctx, error) => console.error('error:', error));

const server = createServer({ cert: text('certificate'), key: text('key') }, provider.callback());
server.listen(settings.port, settings.address, () => console.log('issuer', settings.issuer));

process.once('SIGTERM', () => {
  server.close(() => {
    store.close();
    process.exit(0);
  });
  server.closeAllConnections();
});
