// A mail server (npm's smtp-server) that takes every mail, for tests to read, and a server that sends its mail there.
import { type AddressInfo } from "node:net";
// @ts-expect-error It has no types.
import { SMTPServer } from "smtp-server";
import { test as base } from "./portals.ts";
import { newDatabase, Server } from "./server.ts";

/** A mail that was taken. */
export interface Mail {
  to: string;
  /** The headers, unfolded, by their lower-case names. */
  headers: Record<string, string>;
  plain: string;
  html: string;
}

export const credentials = { user: "portal@myapp.test", password: "a p@ss/word" };

export class MailSink {
  readonly mails: Mail[] = [];
  private readonly server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: (auth: { username: string; password: string }, _: object, done: (error: Error | null, answer?: object) => void) => {
      const isRight = auth.username === credentials.user && auth.password === credentials.password;
      if (isRight) done(null, { user: auth.username });
      else done(new Error("wrong user name or password"));
    },
    onRcptTo: ({ address }: { address: string }, _: object, done: (error?: Error) => void) => {
      if (address.startsWith("nobody@")) done(Object.assign(new Error("no such user here"), { responseCode: 550 }));
      else done();
    },
    onData: (stream: NodeJS.ReadableStream, session: { envelope: { rcptTo: { address: string }[] } }, done: () => void) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        this.mails.push(read(session.envelope.rcptTo[0].address, Buffer.concat(chunks).toString("latin1")));
        done();
      });
    },
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  /** Its URL, with the user name and the password percent-encoded. */
  get url(): string {
    const { port } = this.server.server.address() as AddressInfo;
    return `smtp://${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@127.0.0.1:${port}?tls=none`;
  }

  /** The mails to an address, the oldest first. */
  to(address: string): Mail[] {
    return this.mails.filter((mail) => mail.to === address);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function read(to: string, raw: string): Mail {
  const { headers, body } = split(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers["content-type"])?.[1] ?? "";
  const parts = body.split(`--${boundary}`).slice(1, -1).map((part) => split(part.replace(/^\r\n/, "")));
  const text = (type: string) => {
    const part = parts.find((part) => part.headers["content-type"].startsWith(type));
    return part ? decode(part.body, part.headers["content-transfer-encoding"]) : "";
  };
  return { to, headers, plain: text("text/plain"), html: text("text/html") };
}

function split(text: string): { headers: Record<string, string>; body: string } {
  const at = text.indexOf("\r\n\r\n");
  const lines = text.slice(0, at).replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
  return { headers: Object.fromEntries(headers), body: text.slice(at + 4) };
}

function decode(body: string, encoding = "7bit"): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return Buffer.from(body, "latin1").toString("utf8");
  const bytes = body.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export const test = base.extend<object, { sink: MailSink; server: Server }>({
  sink: [
    async ({}, use) => {
      const sink = new MailSink();
      await sink.start();
      await use(sink);
      await sink.stop();
    },
    { scope: "worker" },
  ],
  // A server that sends its mail there.
  server: [
    async ({ sink }, use, info) => {
      const options = ["--smtp-url", sink.url, "--mail-from", "no-reply@myapp.test"];
      const server = new Server(newDatabase(`mail_${info.workerIndex}`), undefined, options);
      await server.start();
      await use(server);
      await server.stop();
      server.remove();
    },
    { scope: "worker" },
  ],
});
