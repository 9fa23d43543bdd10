import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";

const issuer = "https://accounts.myapp.com";
const origin = "https://myapp.com";
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

// Lets signed-in visitors through. `azp` is the origin whose page got the token.
export async function requireVisitor(request, response, next) {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  try {
    if (scheme !== "Bearer") throw new Error("no token");
    const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ["ES256"], requiredClaims: ["exp", "sub", "sid"] });
    if (payload.azp !== origin || payload.aud !== undefined) throw new Error("a token for somebody else");
    request.visitor = payload;
  } catch {
    return response.status(401).json({ error: "sign in first" });
  }
  next();
}

export const app = express();
app.get("/api/me", requireVisitor, (request, response) => response.json({ id: request.visitor.sub }));
