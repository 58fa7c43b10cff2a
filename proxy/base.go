package proxy

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

// Browsers may reach the proxy below a path of a host that others share. All that the
// page asks for is relative to itself, and so are our redirects: only whom somebody
// else sends back here has to be told the whole address.

var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

// checkBase returns a configured base path without a slash at its end.
func checkBase(base string) (string, error) {
	clean := strings.TrimSuffix(base, "/")
	if clean != "" && !basePath.MatchString(clean) {
		return "", fmt.Errorf("base path %q: write it as /ssh or /tools/ssh, of letters, digits and - . _ ~", base)
	}
	return clean, nil
}

// baseProblem says why base cannot be told from the proxy's own paths.
func (p *Proxy) baseProblem(base string) error {
	own := []string{relayPath, configPath, readyPath, signin.Path, signin.Out, embedPath}
	if p.page != nil {
		for name := range p.page.files {
			own = append(own, name)
		}
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(base, "/"), "/")
	for _, name := range own {
		if top, _, _ := strings.Cut(name[1:], "/"); base != "" && top == first {
			return fmt.Errorf("base path %q: /%s is a path of the gateway's own; choose another", base, first)
		}
	}
	return nil
}

// below returns r with the base path taken off, unless a proxy in front has done so.
func (p *Proxy) below(r *http.Request) *http.Request {
	rest, ok := strings.CutPrefix(r.URL.Path, p.cfg.BasePath)
	if p.cfg.BasePath == "" || !ok || !strings.HasPrefix(rest, "/") {
		return r
	}
	inner, u := *r, *r.URL
	u.Path, u.RawPath = rest, ""
	inner.URL = &u
	return &inner
}

// addSlash sends a browser from the base path to what is below it: what the page
// names is relative to that.
func addSlash(w http.ResponseWriter, r *http.Request) {
	to := path.Base(r.URL.Path) + "/"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusPermanentRedirect)
}
