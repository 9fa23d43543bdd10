// A seeded generator of hostile URLs, built from parts that URL parsers disagree about.

export interface Question {
  environment: string;
  domain: string;
  home_url: string;
  allowed_origins: string[];
  redirect_url: string;
}

const instances = [
  { environment: "production", domain: "myapp.com", home_url: "https://myapp.com/", allowed_origins: ["https://app.example.org", "https://*.preview.myapp.dev"] },
  { environment: "development", domain: "myapp.com", home_url: "http://app.myapp.com:3000/", allowed_origins: ["http://127.0.0.1:5173", "http://[::1]:5173"] },
  { environment: "production", domain: "xn--mnchen-3ya.de", home_url: "https://xn--mnchen-3ya.de/", allowed_origins: [] },
  { environment: "development", domain: "localhost", home_url: "http://localhost:3000/", allowed_origins: ["http://10.0.0.1"] },
];

const schemes = ["https:", "https:", "https:", "https:", "http:", "HTTPS:", "hTtp:", "", "", "javascript:", "data:", "ftp:", "wss:", "file:", "myapp:", "blob:https:"];
const slashes = ["//", "//", "//", "//", "//", "", "/", "///", "////", "\\\\", "/\\", "\\/", "/\t/", "/\n\\"];
const users = ["", "", "", "", "", "", "", "", "", "@", "user@", "a:b@", ":@", "myapp.com@", "myapp.com:443@", "%40@", "myapp.com\\@", "@@"];
const hosts = [
  "DOMAIN", "DOMAIN", "DOMAIN", "DOMAIN", "app.DOMAIN", "a.b.c.DOMAIN", "DOMAIN.", "DOMAIN..", ".DOMAIN", "a..DOMAIN", "evil.com", "evilDOMAIN", "DOMAIN.evil.com",
  "-a-.DOMAIN", "a_b.DOMAIN", "a--b.DOMAIN", "xn--a.DOMAIN", "xn--bcher-kva.DOMAIN", "XN--Bcher-KVA.DOMAIN", "xn--.DOMAIN", "b\u00fccher.DOMAIN", "BU\u0308CHER.DOMAIN",
  "app.example.org", "x.preview.myapp.dev", "x.y.preview.myapp.dev", "preview.myapp.dev", "localhost", "a.localhost", "127.0.0.1", "127.0.0.1:5173", "127.1", "0x7f.1",
  "0177.0.0.01", "2130706433", "0x7f000001", "10.0.0.1", "10.1", "0xa.0.1", "167772161", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "09.1.1.1", "[::1]", "[::1]:5173", "[0:0::1]:5173",
  "[::ffff:127.0.0.1]", "[::1%25eth0]", "\uff11\uff12\uff17.0.0.1", "m\u00fcnchen.de", "M\u00dcNCHEN.de", "mu\u0308nchen.de", "xn--mnchen-3ya.de", "",
];
const ports = ["", "", "", "", "", "", ":443", ":80", ":8443", ":5173", ":3000", ":", ":0", ":00443", ":65535", ":65536", ":-1", ":8a", ":\uff14\uff14\uff13", ": 1"];
const paths = [
  "", "", "/", "/dashboard", "/a/../b", "/%2e%2e/x", "/..\\..\\x", "//evil.com", "/\\evil.com", "/.//evil.com", "/a b", "/\u00fc\u{1f600}", "/%zz%", "/a|b^c`{d}", "?a='b'\"<>&c=\\", "#`<>\u00fc",
  "?\ud800", "/;a=b", "/a//b/./", "?https://evil.com", "#@evil.com", "/@evil.com", "/%00", "/%5c%2f",
];
const odd = ["\t", "\n", "\r", "\0", " ", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\\", "/", "@", ":", "?", "#", "%", "%2f", "%40", "%00", "%e2%80%8b", "\u2044", "\uff0f", "\uff20", "\uff0e", "\u3002", "\uff61", "\u0660", "\u00df", "\u1e9e", "\u03c2", "\u0131", "\u212a", "\u017f", "\u2488", "\u{1d4b6}", "\u0430", "^", "|", "<", "[", "*"];

/** mulberry32, a small seeded random number generator. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Generates `count` questions, the same ones for the same seed. */
export function generate(seed: number, count: number): Question[] {
  const next = random(seed);
  const below = (most: number) => Math.floor(next() * most);
  const one = <T>(list: T[]) => list[below(list.length)];
  return Array.from({ length: count }, () => {
    const instance = one(instances);
    let host = one(hosts).replace("DOMAIN", instance.domain);
    const chance = next();
    if (chance < 0.1) host = [...host].map((c) => (/[!-~]/.test(c) && next() < 0.4 ? String.fromCodePoint(c.charCodeAt(0) + 0xfee0) : c)).join("");
    else if (chance < 0.2) host = [...host].map((c) => (next() < 0.3 ? `%${c.codePointAt(0)?.toString(16).padStart(2, "0").slice(-2)}` : c)).join("");
    else if (chance < 0.25) host = host.replaceAll(".", one(["\u3002", "\uff0e", "\uff61", "%2e", "."]));
    else if (chance < 0.35) host = `a${String.fromCodePoint(0x80 + below(0x2_ff00))}b.${instance.domain}`;
    let value = one(schemes) + one(slashes) + one(users) + host + one(ports) + one(paths);
    if (next() < 0.1) value = one(paths) || "/";
    while (next() < 0.3) {
      const at = below(value.length + 1);
      value = value.slice(0, at) + one(odd) + value.slice(at);
    }
    // A decoded query can't contain a lone surrogate.
    return { ...instance, redirect_url: value.toWellFormed() };
  });
}
