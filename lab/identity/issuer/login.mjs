// Requests of the login page. There is no consent page: all clients belong to the site.
import { expired, loginPage } from './pages.mjs';

const LONGEST_FORM = 8192;
const LONGEST_NAME = 200;

export function login({ provider, people, attempts }) {
  return async (ctx, next) => {
    if (!/^\/login\/[\w-]+$/.test(ctx.path)) return next();
    if (!['GET', 'HEAD', 'POST'].includes(ctx.method)) {
      ctx.set('Allow', 'GET, HEAD, POST');
      ctx.throw(405);
    }
    const details = await interaction(provider, ctx);
    if (!details) return expired(ctx);
    if (details.prompt.name === 'consent') {
      return finish(provider, ctx, details, details.session.accountId);
    }
    const shown = await clientOf(provider, details);
    if (ctx.method !== 'POST') return loginPage(ctx, { ...shown, name: details.params.login_hint });
    const form = await read(ctx);
    const name = (form.get('username') ?? '').trim().slice(0, LONGEST_NAME);
    const wait = attempts.wait(name);
    if (wait) {
      ctx.set('Retry-After', String(Math.ceil(wait / 1000)));
      return loginPage(ctx, { ...shown, name, wait, status: 429 });
    }
    const sub = people.verified(name, form.get('password') ?? '');
    console.log(`login: ${people.knows(name) ? name : 'an unknown name'} ${sub ? 'enters' : 'is refused'}`);
    if (!sub) {
      attempts.failed(name);
      return loginPage(ctx, { ...shown, name, wrong: true, status: 400 });
    }
    attempts.succeeded(name);
    return finish(provider, ctx, details, sub);
  };
}

async function interaction(provider, ctx) {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error.name === 'SessionNotFound') return undefined;
    throw error;
  }
}

async function clientOf(provider, { params }) {
  const client = await provider.Client.find(params.client_id);
  return { client: client.clientName ?? client.clientId, returns: new URL(params.redirect_uri).origin };
}

async function finish(provider, ctx, details, accountId) {
  const grant = new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const consent = { grantId: await grant.save() };
  const result = { login: { accountId }, consent };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}

async function read(ctx) {
  if (!ctx.is('application/x-www-form-urlencoded')) ctx.throw(415);
  let body = '';
  for await (const piece of ctx.req.setEncoding('utf8')) {
    body += piece;
    if (body.length > LONGEST_FORM) ctx.throw(413);
  }
  return new URLSearchParams(body);
}
