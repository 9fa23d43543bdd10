// A sample application: its page greets the visitor by name, once as the browser knows them, and once as its own server does, which
// checks the token. It uses the code of the Snippets tab in spirit, with keys that it reads over this machine's own address.
import { createServer, request } from "node:http";
import { type AddressInfo } from "node:net";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";

const page = (portal: string) => `<!DOCTYPE html>
<html lang="en">
  <link rel="icon" href="data:,">
  <title>Sample</title>
  <main>
    <h1>Sample</h1>
    <p id="client"></p>
    <p id="server"></p>
    <button id="out">Sign out</button>
    <a id="in">Sign in</a>
  </main>
  <script type="module">
    const portal = ${JSON.stringify(portal)};
    const show = (id, text) => (document.getElementById(id).textContent = text);
    async function greet() {
      const session = await (await fetch(portal + "/v1/session", { credentials: "include" })).json();
      show("client", session.signed_in ? "Hello " + session.visitor.first_name : "Nobody is signed in");
      const headers = session.token ? { authorization: "Bearer " + session.token } : {};
      show("server", await (await fetch("/api/hello", { headers })).text());
      document.getElementById("in").href = session.sign_in_url ? session.sign_in_url + "?redirect_url=" + encodeURIComponent(location.href) : "";
    }
    document.getElementById("out").addEventListener("click", async () => {
      await fetch(portal + "/v1/session/end", { method: "POST", credentials: "include" });
      await greet();
    });
    await greet();
  </script>
</html>`;

/** The keys of the portal at that origin, whose host name only the browser finds on this machine. */
function keysOf(portal: string): Promise<JSONWebKeySet> {
  const { host, port } = new URL(portal);
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/.well-known/jwks.json", headers: { host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as JSONWebKeySet));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** The sample application of the portal at `portal`, to be opened at `origin(port)`. */
export class SampleApplication {
  private readonly server = createServer((asked, response) => void this.answer(asked.url ?? "/", asked.headers.authorization, (status, type, body) => {
    response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
  }));
  private portal = "";
  private origin = "";

  /** Starts it, and returns its port. */
  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Says where the portal is, and at which origin people open the application. */
  use(portal: string, origin: string): void {
    [this.portal, this.origin] = [portal, origin];
  }

  stop(): void {
    this.server.close();
  }

  private async answer(path: string, authorization: string | undefined, send: (status: number, type: string, body: string) => void): Promise<void> {
    if (!path.startsWith("/api/hello")) return send(200, "text/html", page(this.portal));
    try {
      const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "";
      const keys = createLocalJWKSet(await keysOf(this.portal));
      const { payload } = await jwtVerify(token, keys, { issuer: this.portal, algorithms: ["ES256"] });
      if (payload.azp !== this.origin) throw new Error("the token of another application");
      send(200, "text/plain", `The server says hello ${payload.given_name}`);
    } catch {
      send(200, "text/plain", "The server knows nobody");
    }
  }
}
