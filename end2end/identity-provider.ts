// A company's identity provider: npm's certified oidc-provider, on a port of this machine. It signs people in as the name that they type.
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type Page } from "@playwright/test";

export const client = { id: "portal-redirects", secret: "a secret of the client" };

/** What an owner enters on the Sign-in page for the provider at that issuer. */
export function providerForm(issuer: string): Record<string, string> {
  return {
    issuer,
    client_id: client.id,
    client_secret: client.secret,
    scopes: "openid email profile",
    button_text: "Continue with Company",
    email_claim: "email",
    email_use: "force",
    first_name_claim: "given_name",
    last_name_claim: "family_name",
    names_use: "force",
    username_claim: "preferred_username",
    username_use: "ignore",
    allows_sign_up: "on",
    email_domains: "",
    accounts: "beside",
    seen: "",
    action: "save",
  };
}

/** A running provider. */
export interface IdentityProvider {
  issuer: string;
  /** The groups of the people whom it signs in, by name. */
  groups: Map<string, string[]>;
  stop(): Promise<void>;
}

/** Keeps the provider's pages from loading a font from the internet, which would be an error on the console. */
export async function withoutFonts(page: Page): Promise<void> {
  await page.route("https://fonts.googleapis.com/**", (route) => route.fulfill({ contentType: "text/css", body: "" }));
}

/** Signs in at the provider, on its own page. */
export async function atProvider(page: Page, name: string): Promise<void> {
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

/** Starts a provider that knows one client, with these redirect URIs, and lets it sign people out to these. */
export async function startProvider(redirectUris: string[], afterSignOut: string[] = []): Promise<IdentityProvider> {
  // It is written in JavaScript, and warns at once about what only tests do.
  const { warn, info } = console;
  console.warn = console.info = () => undefined;
  // @ts-expect-error It has no types.
  const { default: Provider } = await import("oidc-provider");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const groups = new Map<string, string[]>();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: afterSignOut,
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"], groups: ["groups"] },
    scopes: ["openid", "email", "profile", "groups"],
    ttl: { AccessToken: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    cookies: { keys: ["of a test"] },
    findAccount: (_: unknown, name: string) => ({
      accountId: name,
      claims: () => ({
        sub: name,
        email: `${name}@company.test`,
        email_verified: true,
        given_name: name[0].toUpperCase() + name.slice(1),
        family_name: "Company",
        groups: groups.get(name) ?? [],
      }),
    }),
    // Nobody is asked whether this client may know who they are: it is the company's own.
    loadExistingGrant: async (ctx: any) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid email profile groups");
      await grant.save();
      return grant;
    },
  });
  Object.assign(console, { warn, info });
  const callback = provider.callback();
  server.on("request", (request, response) => (request.url === "/favicon.ico" ? response.writeHead(204).end() : callback(request, response)));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { issuer, groups, stop };
}
