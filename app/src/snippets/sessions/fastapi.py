from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = "https://accounts.myapp.com"
ORIGIN = "https://myapp.com"
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")
bearer = HTTPBearer(auto_error=False)


def visitor(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> dict:
    """The signed-in visitor. `azp` is the origin whose page got the token."""
    try:
        if sent is None:
            raise jwt.InvalidTokenError
        key = keys.get_signing_key_from_jwt(sent.credentials)
        options = {"require": ["exp", "sub", "sid"]}
        claims = jwt.decode(sent.credentials, key, algorithms=["ES256"], issuer=ISSUER, options=options)
        if claims.get("azp") != ORIGIN:
            raise jwt.InvalidTokenError
        return claims
    except (jwt.InvalidTokenError, jwt.PyJWKClientError):
        raise HTTPException(401, "sign in first") from None


app = FastAPI()


@app.get("/api/me")
def me(signed_in: Annotated[dict, Depends(visitor)]) -> dict:
    return {"id": signed_in["sub"]}
