/**
 * The ID token of a kubeconfig's user whose auth provider is "oidc", renewed when it has run out.
 *
 * Source: Kubernetes, "OpenID Connect Tokens"; OpenID Connect Discovery 1.0; RFC 6749 section 6 (refreshing). The Kubernetes
 * client's own way fails on every refresh: it names the issuer by a string where its library takes a URL.
 * Shape: the user's settings in, the token out. What was renewed is kept in memory and never written to the kubeconfig.
 * Not here: showing it (credentials.ts).
 *
 * @module
 */

/** `users[].user.auth-provider.config` of a kubeconfig. */
export type OpenIdSettings = Readonly<Record<string, string | undefined>>;

/** A token is renewed this long before its end: clocks differ, and a request takes its time. */
const BEFORE_END_SECONDS = 10;

interface Grant {
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** See the module comment. */
export class OpenIdTokens {
  /** What was granted last, by what the kubeconfig says. */
  readonly #granted = new Map<string, Grant>();

  /** A token that has not run out; throws with what to do when there is none to be had. */
  async token(settings: OpenIdSettings): Promise<string> {
    const said = JSON.stringify(settings);
    const { idToken, refreshToken } = this.#granted.get(said) ??
      { idToken: settings["id-token"], refreshToken: settings["refresh-token"] };
    if (idToken !== undefined && endOf(idToken) - BEFORE_END_SECONDS > Date.now() / 1000) return idToken;
    if (refreshToken === undefined) {
      throw new Error("The OpenID Connect token has run out and there is no refresh-token: log in again");
    }
    const granted = await renew(settings, refreshToken);
    this.#granted.set(said, granted);
    return granted.idToken;
  }
}

async function renew(
  settings: OpenIdSettings,
  refreshToken: string,
): Promise<{ readonly idToken: string; readonly refreshToken: string }> {
  const issuer = required(settings, "idp-issuer-url");
  const clientId = required(settings, "client-id");
  const authority = authorityOf(settings);
  using client = Deno.createHttpClient(authority === null ? {} : { caCerts: [authority] });
  const { customFetch, discovery, refreshTokenGrant } = await import("openid-client");
  try {
    const configuration = await discovery(
      new URL(issuer),
      clientId,
      settings["client-secret"] || undefined,
      undefined,
      { [customFetch]: (url: string, options: object) => fetch(url, { ...options, client }) },
    );
    const granted = await refreshTokenGrant(configuration, refreshToken);
    if (granted.id_token === undefined) throw new Error("it gave no id_token: ask for the scope openid");
    return { idToken: granted.id_token, refreshToken: granted.refresh_token ?? refreshToken };
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`The OpenID Connect token cannot be renewed at ${issuer}: ${reason}; log in again`, {
      cause,
    });
  }
}

function required(settings: OpenIdSettings, name: string): string {
  const value = settings[name];
  if (value) return value;
  throw new Error(`The OpenID Connect token has run out and the kubeconfig names no ${name}: log in again`);
}

/** PEM. */
function authorityOf(settings: OpenIdSettings): string | null {
  const written = settings["idp-certificate-authority-data"];
  if (written) return atob(written);
  const file = settings["idp-certificate-authority"];
  return file ? Deno.readTextFileSync(file) : null;
}

/** When a token runs out, in seconds of the Unix clock; 0 when it does not say (RFC 7519 section 4.1.4). */
function endOf(token: string): number {
  const claims = token.split(".")[1];
  if (claims === undefined) return 0;
  try {
    const octets = Uint8Array.fromBase64(claims, { alphabet: "base64url" });
    const { exp } = JSON.parse(new TextDecoder().decode(octets)) as { readonly exp?: unknown };
    return typeof exp === "number" ? exp : 0;
  } catch {
    return 0;
  }
}
