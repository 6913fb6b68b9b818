// HTML pages of the issuer: one layout, without scripts, for light and dark mode.
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ground: #eef1f6; --card: #fff; --ink: #182033; --soft: #566179;
  --line: #8791a7; --brand: #2b4fd8; --on-brand: #fff; --back: #b9c6f5; --bad: #b3261e; --bad-ground: #fdeceb; }
@media (prefers-color-scheme: dark) { :root { --ground: #10141f; --card: #1a2030; --ink: #edf0f7;
  --soft: #a9b3c8; --line: #69758f; --brand: #8ea6ff; --on-brand: #101a3d; --back: #3b4a80;
  --bad: #ffb4ab; --bad-ground: #43201e; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center;
  padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { width: 100%; max-width: 25rem; padding: 2.25rem 2rem 2rem; background: var(--card);
  border-radius: 1rem; box-shadow: 0 1px 2px #0002, 0 12px 32px #0f1c4a1f; }
.brand { display: flex; align-items: center; gap: .625rem; margin: 0 0 1.75rem; font-weight: 650;
  letter-spacing: .01em; }
.brand svg { width: 2rem; height: 2rem; flex: none; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
label { display: block; margin: 1rem 0 .375rem; font-weight: 600; font-size: .9375rem; }
input { width: 100%; padding: .6875rem .8125rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .5rem; }
input[aria-invalid] { border-color: var(--bad); }
button { width: 100%; margin-top: 1.5rem; padding: .75rem 1rem; font: inherit; font-weight: 650;
  color: var(--on-brand); background: var(--brand); border: 1px solid var(--brand); border-radius: .5rem;
  cursor: pointer; }
button:hover { filter: brightness(1.08); }
button.second { margin-top: .75rem; color: var(--ink); background: transparent; border-color: var(--line); }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
.alert { margin: 1.25rem 0 0; padding: .6875rem .8125rem; color: var(--bad); background: var(--bad-ground);
  border-radius: .5rem; font-weight: 550; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .875rem; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const MARK = `<svg viewBox="0 0 32 32" aria-hidden="true"><rect x="11" y="2" width="19" height="19" rx="5"
fill="var(--back)"/><rect x="2" y="11" width="19" height="19" rx="5" fill="var(--brand)"/></svg>`;

const escape = (words) => String(words).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

function show(ctx, { title, body, status = 200, forms = '' }) {
  ctx.status = status;
  ctx.type = 'html';
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; `
      + `form-action 'self' ${forms}; frame-ancestors 'none'; base-uri 'none'`,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  ctx.body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(title)} · Foreground</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="brand">${MARK}Foreground</p>
${body}
</main>
</body>
</html>
`;
}

// `returns` is the URL of the next redirect: form-action applies to redirects too
export function loginPage(ctx, { client, returns, name, wrong, wait, status }) {
  const said = alertOf(wrong, wait);
  const marks = said ? 'aria-invalid="true" aria-describedby="alert"' : '';
  const [first, second] = name ? ['', 'autofocus'] : ['autofocus', ''];
  show(ctx, {
    title: said ? 'Not logged in' : 'Log in',
    status,
    forms: returns,
    body: `<h1>Log in</h1>
<p class="soft">to continue to ${escape(client)}</p>
${said ? `<p class="alert" id="alert" role="alert">${said}</p>` : ''}
<form method="post">
<label for="username">User name</label>
<input id="username" name="username" value="${escape(name ?? '')}" autocomplete="username"
autocapitalize="none" spellcheck="false" maxlength="200" required ${marks} ${first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
maxlength="200" required ${marks} ${second}>
<button>Log in</button>
</form>`,
  });
}

function alertOf(wrong, wait) {
  if (wait) {
    const seconds = Math.ceil(wait / 1000);
    return `Too many wrong passwords for this name. Try again in ${seconds} second${seconds > 1 ? 's' : ''}.`;
  }
  return wrong ? 'User name or password is wrong.' : '';
}

export function expired(ctx) {
  say(ctx, 'This login has expired', 'Go back to the application and log in there again.', 400);
}

export function notFound(ctx) {
  say(ctx, 'There is no such page', 'People log in from the application that they want to use.', 404);
}

export function nothingHere(ctx) {
  ctx.set('Retry-After', '30');
  say(ctx, 'This site is not up yet', 'Nothing answers under this name so far. Try again in a while.', 503);
}

export function errorPage(ctx, out) {
  const { error, error_description: description } = out;
  show(ctx, {
    title: 'Login failed',
    status: ctx.status,
    body: `<h1>Login failed</h1>
<p>${escape(description ?? 'The application asked for something that cannot be done.')}</p>
<p class="soft"><code>${escape(error)}</code></p>`,
  });
}

export function signOut(ctx, form) {
  show(ctx, {
    title: 'Log out',
    forms: ctx.oidc.params?.post_logout_redirect_uri ? new URL(ctx.oidc.params.post_logout_redirect_uri).origin : '',
    body: `<h1>Log out?</h1>
<p class="soft">You stay logged in to applications that are open.</p>
${form}
<button autofocus form="op.logoutForm" name="logout" value="yes">Log out</button>
<button class="second" form="op.logoutForm">Stay logged in</button>`,
  });
}

export function signedOut(ctx) {
  say(ctx, 'You are logged out', 'You can close this page.');
}

function say(ctx, title, words, status) {
  show(ctx, { title, status, body: `<h1>${title}</h1>\n<p class="soft">${words}</p>` });
}
