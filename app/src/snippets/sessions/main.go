package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"

	"github.com/coreos/go-oidc"
)

const (
	issuer = "https://accounts.myapp.com"
	origin = "https://myapp.com"
)

// A session token has no audience. `azp` is the origin whose page got it.
var verifier = oidc.NewVerifier(
	issuer,
	oidc.NewRemoteKeySet(context.Background(), issuer+"/.well-known/jwks.json"),
	&oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: []string{oidc.ES256}},
)

// Returns the id of the signed-in visitor, or nothing.
func visitor(r *http.Request) (string, bool) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	verified, err := verifier.Verify(r.Context(), token)
	var claims struct {
		AuthorizedParty string `json:"azp"`
	}
	if err != nil || verified.Claims(&claims) != nil {
		return "", false
	}
	return verified.Subject, claims.AuthorizedParty == origin && len(verified.Audience) == 0
}

func main() {
	http.HandleFunc("/api/me", func(w http.ResponseWriter, r *http.Request) {
		id, signedIn := visitor(r)
		w.Header().Set("Content-Type", "application/json")
		if !signedIn {
			w.WriteHeader(http.StatusUnauthorized)
			json.NewEncoder(w).Encode(map[string]string{"error": "sign in first"})
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"id": id})
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
