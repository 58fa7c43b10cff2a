package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"
)

// token is what a cookie says of its user.
type token struct {
	Name    string `json:"u"`
	Way     string `json:"w"`
	ID      string `json:"i"`
	Expires int64  `json:"e"`
	Stamp   string `json:"s,omitempty"` // of the password: another password, another stamp
}

// What is sealed for one purpose opens for no other.
const (
	purposeUser  = "user"
	purposeState = "oidc"
)

const maxSealed = 4096 // browsers keep no longer cookies

// sealer signs what a browser keeps for us.
type sealer []byte

func (s sealer) mac(purpose, payload string) []byte {
	h := hmac.New(sha256.New, s)
	h.Write([]byte("wasmiko " + purpose + "\x00" + payload))
	return h.Sum(nil)
}

func (s sealer) close(purpose string, v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	return payload + "." + base64.RawURLEncoding.EncodeToString(s.mac(purpose, payload)), nil
}

func (s sealer) open(purpose, sealed string, v any) bool {
	payload, mac, ok := strings.Cut(sealed, ".")
	if !ok || len(sealed) > maxSealed {
		return false
	}
	sum, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, s.mac(purpose, payload)) {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	return err == nil && json.Unmarshal(text, v) == nil
}

// cookieName is bound to this very host by its prefix, which browsers take with
// https alone. Without, cookies are common to all ports of a machine, so the port
// is part of the name. A gateway below another path is another one.
func (g *Gate) cookieName(r *http.Request) string {
	name := g.cookiePrefix()
	if _, port, err := net.SplitHostPort(r.Host); err == nil && !g.site.TLS {
		name += "-" + port
	}
	return name
}

func (g *Gate) cookiePrefix() string {
	name := "wasmiko" + strings.ReplaceAll(g.site.Base, "/", ".")
	if g.site.TLS {
		return "__Host-" + name
	}
	return name
}

// welcome gives the browser that sent r the cookie of a user.
func (g *Gate) welcome(w http.ResponseWriter, r *http.Request, name, way, stamp string) error {
	value, err := g.seal.close(purposeUser, token{
		Name: name, Way: way, ID: rand.Text(), Stamp: stamp,
		Expires: time.Now().Add(g.cfg.Life).Unix(),
	})
	if err != nil {
		return err
	}
	g.setCookie(w, g.cookieName(r), value, g.cfg.Life+grace, http.SameSiteStrictMode)
	g.site.Log.Info("signed in", "user", name, "way", way, "client", g.site.ClientIP(r))
	return nil
}

// setCookie sets one for a time; a negative time removes it.
func (g *Gate) setCookie(w http.ResponseWriter, name, value string, life time.Duration, site http.SameSite) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: g.site.TLS, HttpOnly: true, SameSite: site,
	})
}
