package proxy

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

// downloadsWorker is the path of the one service worker. It streams downloads
// where a browser has no other way; its folder is its scope, and nothing else
// is in it.
const downloadsWorker = "/dl/worker.js"

// embedPath is the page that is made for frames; embedFile is what it is
// called in the build.
const embedPath, embedFile = "/embed", "/embed.html"

// signInFile is what the page at signin.Path is called in the build.
const signInFile = "/sign-in.html"

// page serves the built page. All its names are known from the start, so that
// a request is a look-up in a map and never a path.
type page struct {
	files    map[string]*file  // by URL path
	policies map[string]string // of the paths that have their own
}

// file is one resource and its precompressed forms.
type file struct {
	contentType string
	immutable   bool
	variants    []variant // the best first; the last is the plain one
}

// variant is one representation of a file.
type variant struct {
	encoding string // Content-Encoding; empty for the plain one
	etag     string
	size     int64
	open     func() (fs.File, error)
}

// encodings lists what the build writes beside a file, the best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// contentTypes is our own table: the system's differs from machine to machine,
// and wasm is only compiled while it streams if its type is right.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".mjs":         "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// newPage lists the files of fsys; embedders may frame one of them. A folder without index.html is a page that
// was not built; the result is then nil.
func newPage(fsys fs.FS, embedders []string) (*page, error) {
	if fsys == nil {
		return nil, nil
	}
	index, err := fs.ReadFile(fsys, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	policy := pagePolicy(index)
	pg := &page{files: make(map[string]*file), policies: map[string]string{
		"/":           policy,
		"/index.html": policy,
		embedPath:     framedPolicy(embedders),
		// A worker obeys the policy that comes with its script; this one loads nothing.
		downloadsWorker: "default-src 'none'",
	}}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isVariant(fsys, name) {
			return err
		}
		f, err := newFile(fsys, name)
		if err != nil {
			return err
		}
		pg.files["/"+name] = f
		if dir, base := path.Split(name); base == "index.html" {
			pg.files["/"+dir] = f
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	for name, path := range map[string]string{embedFile: embedPath, signInFile: signin.Path} {
		if f := pg.files[name]; f != nil {
			pg.files[path] = f
			delete(pg.files, name) // it has one address, and embed would be there without its policy
		}
	}
	return pg, nil
}

// isVariant reports whether name is the compressed form of another file.
func isVariant(fsys fs.FS, name string) bool {
	for _, e := range encodings {
		if plain, ok := strings.CutSuffix(name, e.suffix); ok {
			if _, err := fs.Stat(fsys, plain); err == nil {
				return true
			}
		}
	}
	return false
}

func newFile(fsys fs.FS, name string) (*file, error) {
	f := &file{
		contentType: contentTypes[path.Ext(name)],
		immutable:   strings.HasPrefix(name, "assets/"),
	}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	for _, e := range encodings {
		v, err := newVariant(fsys, name+e.suffix, e.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.variants = append(f.variants, v)
	}
	plain, err := newVariant(fsys, name, "")
	if err != nil {
		return nil, err
	}
	f.variants = append(f.variants, plain)
	return f, nil
}

// newVariant reads a file once, for its ETag.
func newVariant(fsys fs.FS, name, encoding string) (variant, error) {
	open := func() (fs.File, error) { return fsys.Open(name) }
	r, err := open()
	if err != nil {
		return variant{}, err
	}
	defer r.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	if err != nil {
		return variant{}, err
	}
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15]) + `"`
	return variant{encoding, etag, size, open}, nil
}

// ServeHTTP answers GET and HEAD; the handler has seen to the other methods.
func (pg *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := pg.files[r.URL.Path]
	if f == nil {
		plain(w, http.StatusNotFound, "There is nothing at this address.")
		return
	}
	v := f.pick(r.Header.Values("Accept-Encoding"))
	content, err := v.open()
	if err != nil {
		plain(w, http.StatusInternalServerError, "This file cannot be read.")
		return
	}
	defer content.Close()
	seeker, ok := content.(io.ReadSeeker)
	if !ok {
		plain(w, http.StatusInternalServerError, "This file cannot be read.")
		return
	}
	h := w.Header()
	if policy := pg.policies[r.URL.Path]; policy != "" {
		h.Set("Content-Security-Policy", policy)
	}
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", v.etag)
	h.Set("Cache-Control", "no-cache")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if len(f.variants) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	if v.encoding != "" {
		// A Range would be one of the compressed bytes; nobody asks for that.
		r.Header.Del("Range")
		h.Set("Content-Encoding", v.encoding)
		h.Set("Content-Length", strconv.FormatInt(v.size, 10)) // ServeContent leaves it out here
	}
	http.ServeContent(w, r, "", time.Time{}, seeker)
}

// pick chooses the best representation that the client takes (RFC 9110
// §12.5.3). A client that takes none gets the plain one.
func (f *file) pick(accept []string) variant {
	for _, v := range f.variants {
		if v.encoding != "" && accepts(accept, v.encoding) {
			return v
		}
	}
	return f.variants[len(f.variants)-1]
}

// accepts reports whether the Accept-Encoding headers take the coding.
func accepts(headers []string, coding string) bool {
	any := false
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != coding && name != "*" {
			continue
		}
		ok := weight(params) > 0
		if name == coding {
			return ok
		}
		any = ok
	}
	return any
}

// weight reads a quality value; one that is missing is 1, one that cannot be
// read is 0.
func weight(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(strings.TrimSpace(key), "q") {
			q, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return q
		}
	}
	return 1
}

// plain answers with one sentence.
func plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}
