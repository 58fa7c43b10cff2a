// Portal is a small admin portal with Wasmiko in it: people log in, pick a
// machine, and get a terminal and its files, without a word about gateways.
//
//	go run ./examples/portal        then log in as ada / lovelace
//
// It starts a gateway and its demo server by itself (dist/wasmiko, as make
// build leaves it). What matters is in tickets.go: the portal signs what it
// allows, and nobody else can.
package main

import (
	"bufio"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

//go:embed page
var embedded embed.FS

func main() {
	listen := flag.String("listen", "127.0.0.1:8000", "where the portal is served")
	binary := flag.String("wasmiko", "dist/wasmiko", "the gateway's binary")
	pack := flag.String("package", "dist/npm", "the npm package, unpacked")
	flag.Parse()
	if err := serve(*listen, *binary, *pack); err != nil {
		log.Fatal(err)
	}
}

func serve(listen, binary, pack string) error {
	if _, err := os.Stat(filepath.Join(pack, "element.js")); err != nil {
		return errors.New("the package is not built: run make build first")
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	// A name of its own, so that portal and gateway are two sites, as in real life.
	_, port, _ := net.SplitHostPort(l.Addr().String())
	origin := "http://localhost:" + port
	signer, err := newSigner()
	if err != nil {
		return err
	}
	gateway, stop, err := startGateway(binary, origin, signer)
	if err != nil {
		return err
	}
	defer stop()
	p := &portal{gateway: gateway, origin: origin, signer: signer, sessions: newSessions()}
	if err := p.readMachines(); err != nil {
		return err
	}
	page, err := fs.Sub(embedded, "page")
	if err != nil {
		return err
	}
	fmt.Printf("portal ready: open %s and log in as ada / lovelace\n", origin)
	srv := &http.Server{Handler: p.routes(page, pack), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		quit := make(chan os.Signal, 1)
		signal.Notify(quit, os.Interrupt, syscall.SIGTERM)
		<-quit
		srv.Close()
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startGateway starts the gateway with the demo server, for this portal alone.
func startGateway(binary, origin string, signer *signer) (url string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "portal")
	if err != nil {
		return "", nil, err
	}
	key := filepath.Join(dir, "portal.pub")
	if err := os.WriteFile(key, signer.publicPEM(), 0o600); err != nil {
		return "", nil, err
	}
	cmd := exec.Command(binary, "demo", "--listen", "127.0.0.1:0", "--ticket-key", key, "--origin", origin, "--embed", origin)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the gateway: %w", err)
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		os.RemoveAll(dir)
	}
	found := regexp.MustCompile(`open (https?://\S+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := found.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], stop, nil
		}
	}
	stop()
	return "", nil, errors.New("the gateway did not start")
}

// machine is what the portal knows of a server.
type machine struct {
	Name string `json:"name"`
	Host string `json:"host"`
	Port uint16 `json:"port"`
	User string `json:"user"`
	// Fingerprint is pinned: the page connects to no server with another key.
	Fingerprint string `json:"-"`
}

type portal struct {
	gateway, origin string
	signer          *signer
	sessions        *sessions
	machines        []machine
}

// readMachines lists the machines: here the demo server, twice by name. The
// second entry has a key that is not its own, as after a swapped machine.
func (p *portal) readMachines() error {
	response, err := http.Get(p.gateway + "config.json")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var config struct {
		Demo struct {
			Host        string
			Port        uint16
			Username    string
			Fingerprint string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&config); err != nil {
		return err
	}
	d := config.Demo
	p.machines = []machine{
		{"board", d.Host, d.Port, d.Username, d.Fingerprint},
		{"swapped", d.Host, d.Port, d.Username, "SHA256:" + strings.Repeat("A", 43)},
	}
	return nil
}

func (p *portal) routes(page fs.FS, pack string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	mux.Handle("GET /wasmiko/", http.StripPrefix("/wasmiko/", http.FileServer(http.Dir(pack))))
	mux.HandleFunc("POST /api/login", p.login)
	mux.HandleFunc("POST /api/logout", p.logout)
	mux.HandleFunc("GET /api/machines", p.listMachines)
	mux.HandleFunc("POST /api/tickets", p.issueTicket)
	// Refuses what other sites make browsers send.
	guarded := http.NewCrossOriginProtection().Handler(mux)
	gateway := strings.TrimSuffix(p.gateway, "/")
	policy := strings.Join([]string{
		"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; base-uri 'none'; form-action 'none'",
		"connect-src 'self' " + strings.Replace(gateway, "http", "ws", 1) + "; frame-src 'self' " + gateway + "; frame-ancestors 'none'",
		"style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'",
		"require-trusted-types-for 'script'; trusted-types wasmiko",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		guarded.ServeHTTP(w, r)
	})
}

func (p *portal) login(w http.ResponseWriter, r *http.Request) {
	var given struct{ User, Password string }
	if !read(w, r, &given) {
		return
	}
	// A real portal asks its directory.
	user := subtle.ConstantTimeCompare([]byte(given.User), []byte("ada"))
	if user&subtle.ConstantTimeCompare([]byte(given.Password), []byte("lovelace")) != 1 {
		http.Error(w, "The name or the password is wrong.", http.StatusUnauthorized)
		return
	}
	p.sessions.begin(w, given.User)
}

func (p *portal) logout(w http.ResponseWriter, r *http.Request) { p.sessions.end(w, r) }

func (p *portal) listMachines(w http.ResponseWriter, r *http.Request) {
	if p.sessions.user(w, r) == "" {
		return
	}
	write(w, map[string]any{"gateway": p.gateway, "machines": p.machines})
}

// issueTicket lets the person who is logged in onto one machine, once, within a
// minute.
func (p *portal) issueTicket(w http.ResponseWriter, r *http.Request) {
	user := p.sessions.user(w, r)
	if user == "" {
		return
	}
	var asked struct {
		Machine string
		Framed  bool // then the gateway's own page connects, not ours
	}
	if !read(w, r, &asked) {
		return
	}
	for _, m := range p.machines {
		if m.Name != asked.Machine { // a real portal also asks whether this user may
			continue
		}
		origin := p.origin
		if asked.Framed {
			origin = strings.TrimSuffix(p.gateway, "/")
		}
		write(w, map[string]string{"ticket": p.signer.ticket(user, m, origin)})
		return
	}
	http.Error(w, "There is no such machine.", http.StatusNotFound)
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(into); err != nil {
		http.Error(w, "The request cannot be read.", http.StatusBadRequest)
		return false
	}
	return true
}

func write(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(answer)
}
