/**
 * An OpenID Connect issuer, for the test that shows its tokens to an API server.
 *
 * Source: OpenID Connect Discovery 1.0 section 4, RFC 7517 (keys), RFC 7519 (tokens), RFC 6749 section 6 (refresh).
 * Shape: listens with TLS on loopback of the namespace that the calling thread stands in; gives whoever brings the
 * refresh token a new ID token.
 *
 * @module
 */
import { Credentials } from "../lab/apiserver/credentials.ts";

const PORT = 7443;
const KEY = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const KEY_NAME = "lab";

/** See the module comment. Disposing it ends it. */
export class TokenIssuer implements AsyncDisposable {
  readonly url: string = `https://127.0.0.1:${PORT}`;
  readonly clientId: string = "ingot";
  readonly refreshToken: string = crypto.randomUUID();
  /** PEM file of the authority that signed the issuer's certificate. */
  readonly authority: string;
  readonly #keys: CryptoKeyPair;
  readonly #jwks: unknown;
  readonly #server: Deno.HttpServer;
  /** How often somebody came with the refresh token. */
  refreshes = 0;

  private constructor(credentials: Credentials, keys: CryptoKeyPair, key: JsonWebKey) {
    this.authority = credentials.authority;
    this.#keys = keys;
    this.#jwks = { keys: [{ ...key, kid: KEY_NAME, alg: "RS256", use: "sig" }] };
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: PORT,
      cert: Deno.readTextFileSync(credentials.server.certificate),
      key: Deno.readTextFileSync(credentials.server.key),
      onListen: () => {},
    }, (request) => this.#answer(request));
  }

  /** Listens; the folder is for its certificate. */
  static async open(folder: string): Promise<TokenIssuer> {
    const credentials = await Credentials.create(folder, ["127.0.0.1"]);
    const length = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    const keys = await crypto.subtle.generateKey({ ...KEY, ...length }, true, ["sign", "verify"]);
    return new TokenIssuer(credentials, keys, await crypto.subtle.exportKey("jwk", keys.publicKey));
  }

  /** An ID token for somebody; one with a negative lifetime has run out. */
  async token(subject: string, lifetimeSeconds: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.url,
      aud: this.clientId,
      sub: subject,
      iat: now - 3600,
      exp: now + lifetimeSeconds,
    };
    const signed = `${encode({ alg: "RS256", kid: KEY_NAME })}.${encode(claims)}`;
    const signature = await crypto.subtle.sign(KEY, this.#keys.privateKey, new TextEncoder().encode(signed));
    return `${signed}.${new Uint8Array(signature).toBase64({ alphabet: "base64url", omitPadding: true })}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer: this.url,
          jwks_uri: `${this.url}/keys`,
          token_endpoint: `${this.url}/token`,
          authorization_endpoint: `${this.url}/authorize`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "/keys":
        return Response.json(this.#jwks);
      case "/token": {
        const form = await request.formData();
        if (form.get("refresh_token") !== this.refreshToken) {
          return Response.json({ error: "invalid_grant" }, { status: 400 });
        }
        this.refreshes++;
        const { refreshToken: refresh_token } = this;
        const id_token = await this.token("alice", 3600);
        return Response.json({
          access_token: "-",
          token_type: "Bearer",
          expires_in: 3600,
          id_token,
          refresh_token,
        });
      }
      default:
        return new Response("not found", { status: 404 });
    }
  }
}

function encode(part: unknown): string {
  const octets = new TextEncoder().encode(JSON.stringify(part));
  return octets.toBase64({ alphabet: "base64url", omitPadding: true });
}
