import { createRemoteJWKSet, jwtVerify } from "jose";

const issuer = "https://accounts.myapp.com";
const origin = "https://myapp.com";
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

// The visitor of a request, or null. `azp` is the origin whose page got the token.
export async function visitor(request) {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme !== "Bearer" || !token) return null;
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ["ES256"], requiredClaims: ["exp", "sub", "sid"] });
    return payload.azp === origin && payload.aud === undefined ? payload : null;
  } catch {
    return null;
  }
}

export async function GET(request) {
  const signedIn = await visitor(request);
  return signedIn ? Response.json({ id: signedIn.sub }) : Response.json({ error: "sign in first" }, { status: 401 });
}
