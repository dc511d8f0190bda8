/**
 * The HTTPS listener, on loopback: versions of TLS and HTTP, a new certificate, what broken clients do to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { CertificateFiles } from "../../agent/runtime/tls/certificate_files.ts";
import { HttpsListener, type HttpsOptions } from "../../agent/runtime/tls/https_listener.ts";
import { type KeyPair, makeAuthority, makeServingCertificate } from "../../agent/runtime/tls/self_signed.ts";

const VALIDITY = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };

function authority(): Promise<KeyPair> {
  return makeAuthority({ commonName: "cert", organization: "metallb", ...VALIDITY });
}

function servingBy(signer: KeyPair): Promise<KeyPair> {
  return makeServingCertificate(signer, { names: ["localhost", "127.0.0.1"], ...VALIDITY });
}

const PORT = 39_443;
const OPTIONS: HttpsOptions = {
  hostname: "127.0.0.1",
  port: PORT,
  leastVersion: "TLSv1.3",
  http2: false,
  mostBodyOctets: 100_000,
  answer: async (request) => {
    if (new URL(request.url).pathname === "/throws") throw new Error("out of order");
    return new Response(`${request.method} ${(await request.arrayBuffer()).byteLength}`, { status: 201 });
  },
};

async function ask(caCerts: string[], path: string, init: RequestInit = {}): Promise<[number, string]> {
  using client = Deno.createHttpClient({ caCerts, poolMaxIdlePerHost: 0 });
  const response = await fetch(`https://localhost:${PORT}${path}`, { ...init, client });
  return [response.status, await response.text()];
}

/** The version and protocol that a TLS client comes to, or null when it is refused. */
function negotiated(maxVersion: "TLSv1.2" | "TLSv1.3", ca: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({
      host: "127.0.0.1",
      port: PORT,
      servername: "localhost",
      ca,
      maxVersion,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    socket.on("secureConnect", () => {
      resolve(`${socket.getProtocol()} ${socket.alpnProtocol || "http/1.1"}`);
      socket.destroy();
    });
    socket.on("error", () => resolve(null));
  });
}

Deno.test("https listener: answers, carries the body, and survives what fails", async () => {
  const signer = await authority();
  await using _listener = await HttpsListener.open(OPTIONS, await servingBy(signer));
  assert.deepEqual(await ask([signer.certificate], "/"), [201, "GET 0"]);
  const body = new Uint8Array(100_000);
  assert.deepEqual(await ask([signer.certificate], "/", { method: "POST", body }), [201, "POST 100000"]);
  assert.deepEqual(await ask([signer.certificate], "/throws"), [500, "out of order"]);

  const garbage = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
  await garbage.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  while (await garbage.read(new Uint8Array(512)).catch(() => null) !== null);
  garbage.close();
  await assert.rejects(ask([(await authority()).certificate], "/"));
  const tooMuch = new Uint8Array(100_001);
  assert.equal(
    await ask([signer.certificate], "/", { method: "POST", body: tooMuch }).then(([status]) => status),
    413,
  );
  assert.deepEqual(await ask([signer.certificate], "/"), [201, "GET 0"]);
});

Deno.test("https listener: refuses versions of TLS below the least, HTTP/2 unless asked for", async () => {
  const signer = await authority();
  const pair = await servingBy(signer);
  const seen = async (options: Partial<HttpsOptions>): Promise<(string | null)[]> => {
    await using _listener = await HttpsListener.open({ ...OPTIONS, ...options }, pair);
    return [await negotiated("TLSv1.2", signer.certificate), await negotiated("TLSv1.3", signer.certificate)];
  };
  assert.deepEqual(await seen({}), [null, "TLSv1.3 http/1.1"]);
  assert.deepEqual(await seen({ leastVersion: "TLSv1.2" }), ["TLSv1.2 http/1.1", "TLSv1.3 http/1.1"]);
  assert.deepEqual(await seen({ http2: true }), [null, "TLSv1.3 h2"]);
});

Deno.test("https listener: shows a new certificate from the next connection on", async () => {
  const [one, other] = [await authority(), await authority()];
  await using listener = await HttpsListener.open(OPTIONS, await servingBy(one));
  assert.deepEqual(await ask([one.certificate], "/"), [201, "GET 0"]);
  listener.use(await servingBy(other));
  assert.deepEqual(await ask([other.certificate], "/"), [201, "GET 0"]);
  await assert.rejects(ask([one.certificate], "/"));
});

/** Everything that comes over a connection until its other end closes it. */
async function heard(connection: Deno.Conn): Promise<string> {
  let text = "";
  const octets = new Uint8Array(4096);
  try {
    for (let count; (count = await connection.read(octets)) !== null;) {
      text += new TextDecoder().decode(octets.subarray(0, count));
    }
  } catch {
    // Cut off, that is closed too.
  }
  connection.close();
  return text;
}

Deno.test("https listener: closes what says nothing, says too little, or was there before too many others", async () => {
  const signer = await authority();
  const pair = await servingBy(signer);
  const dial = (): Promise<Deno.TlsConn> =>
    Deno.connectTls({ hostname: "localhost", port: PORT, caCerts: [signer.certificate] });
  for (const http2 of [false, true]) {
    {
      await using _listener = await HttpsListener.open({ ...OPTIONS, http2, silentMs: 1000 }, pair);
      const plain = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
      const [silent, half] = [await dial(), await dial()];
      await half.write(
        new TextEncoder().encode("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"),
      );
      assert.deepEqual(await Promise.all([plain, silent, half].map(heard)), ["", "", ""]);
    }
    await using _listener = await HttpsListener.open({ ...OPTIONS, http2, mostConnections: 2 }, pair);
    const first = await dial();
    await first.handshake();
    const [second, third] = [await dial(), await dial()];
    assert.equal(await heard(first), "");
    await third.write(
      new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );
    assert.match(await heard(third), /^HTTP\/1.1 201 /);
    second.close();
  }
});

Deno.test("https listener: a port that is taken is an error which names it", async () => {
  const pair = await servingBy(await authority());
  await using _listener = await HttpsListener.open(OPTIONS, pair);
  await assert.rejects(HttpsListener.open(OPTIONS, pair), /Cannot listen on port 39443/);
});

Deno.test("certificate files: the first pair, each new one, and one that is broken only as a complaint", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ing-" });
  try {
    const signer = await authority();
    const [first, second] = [await servingBy(signer), await servingBy(signer)];
    const told: string[] = [];
    let heard = Promise.withResolvers<void>();
    const tell = (what: string): void => {
      told.push(what);
      heard.resolve();
    };
    const write = async (pair: KeyPair): Promise<void> => {
      heard = Promise.withResolvers();
      await Deno.writeTextFile(`${folder}/tls.key`, pair.privateKey);
      await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
      await heard.promise;
    };
    using _files = new CertificateFiles({
      folder,
      onCertificate: ({ certificate }) =>
        tell(
          certificate === first.certificate ? "first" : certificate === second.certificate ? "second" : "?",
        ),
      onFault: ({ message }) => tell(/Cannot read|is no certificate/.exec(message)?.[0] ?? message),
      lookEveryMs: 20,
    });
    await heard.promise;
    await write(first);
    await write({ certificate: "no certificate", privateKey: second.privateKey });
    await write(second);
    const last = ["Cannot read", "first", "is no certificate", "second"];
    assert.deepEqual(
      told.filter((what, index) => what !== told[index - 1] && last.includes(what)).slice(-1),
      ["second"],
    );
    assert.ok(told.indexOf("Cannot read") < told.indexOf("first"));
    assert.ok(told.indexOf("first") < told.indexOf("second"));
    assert.ok(!told.includes("?"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
