// Configuration of oidc-provider with the paths, scopes and claims of INDIGO IAM.
import { errorPage, signedOut, signOut } from './pages.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;

const CLAIMS = {
  openid: ['sub'],
  profile: ['name', 'preferred_username', 'organisation_name', 'groups'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
  'wlcg.groups': ['wlcg.groups'],
};

const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwk',
  introspection: '/introspect',
  revocation: '/revoke',
  end_session: '/logout',
};

export function configuration({ store, people, signing, cookies }) {
  return {
    adapter: (model) => store.of(model),
    jwks: { keys: [{ ...signing, use: 'sig', alg: 'RS256' }] },
    cookies: {
      keys: cookies,
      long: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
      short: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
    },
    claims: CLAIMS,
    scopes: [...Object.keys(CLAIMS), 'offline_access'],
    conformIdTokenClaims: false, // groups are in the ID token too, as with INDIGO IAM
    responseTypes: ['code'],
    pkce: { required: () => true },
    routes: ROUTES,
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { logoutSource: signOut, postLogoutSuccessSource: signedOut },
    },
    findAccount: (ctx, sub) => people.account(sub),
    interactions: { url: (ctx, interaction) => `/login/${interaction.uid}` },
    renderError: errorPage,
    ttl: {
      AccessToken: HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: DAY,
      RefreshToken: MONTH,
      Grant: MONTH,
    },
  };
}
