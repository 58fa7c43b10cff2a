package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const deploy = "../../../docs/deploy/"

// systemd reads the unit, and finds it as closed as a unit of its own.
func TestSystemdUnit(t *testing.T) {
	dir := t.TempDir()
	unit, socket := filepath.Join(dir, "wasmiko.service"), filepath.Join(dir, "wasmiko.socket")
	if err := os.WriteFile(socket, []byte(contents(t, deploy+"wasmiko.socket")), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(contents(t, deploy+"wasmiko.service"), "/usr/local/bin/wasmiko", binary, 1)
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "--man=no", "verify", unit, socket).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// The exposure is counted from 0 to 100; most services stand at 90.
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// A panel or an alert whose figure does not exist shows nothing, for ever.
func TestFiguresOfDashboardAndAlertsExist(t *testing.T) {
	health := freeAddr(t)
	started(t, nil, "serve", "--listen", "127.0.0.1:0", "--health-listen", health)
	_, metrics := fetch(t, http.DefaultClient, "http://"+health+"/metrics")
	dashboard := contents(t, deploy+"grafana.json")
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is not JSON")
	}
	name := regexp.MustCompile(`\b(wasmiko|process|go)_[a-z_]+`)
	names := name.FindAllString(dashboard+contents(t, deploy+"alerts.yaml"), -1)
	if len(names) < 10 {
		t.Fatalf("only %v", names)
	}
	for _, n := range names {
		if !regexp.MustCompile(`(?m)^` + n + `[ {]`).MatchString(metrics) {
			t.Errorf("there is no figure %s", n)
		}
	}
}

// What docs/deploy starts takes the options that it is given.
func TestOptionsInDeployExist(t *testing.T) {
	known := ""
	for _, command := range []string{"serve", "healthcheck"} {
		help, _, _ := finished(t, nil, command, "--help")
		known += help
	}
	files, err := filepath.Glob(deploy + "*")
	more, _ := filepath.Glob(deploy + "kubernetes/*")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, more...) {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue
		}
		text := contents(t, file)
		text = regexp.MustCompile(`(?m)HEALTHCHECK .* CMD`).ReplaceAllString(text, "")
		for _, option := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(text, -1) {
			if !strings.Contains(known, option) {
				t.Errorf("%s: there is no option %s", filepath.Base(file), option)
			}
		}
	}
}

func TestHealthcheck(t *testing.T) {
	health := freeAddr(t)
	url := "http://" + health + "/readyz"
	if _, stderr, code := finished(t, nil, "healthcheck", "--url", url); code != exitFailure || !strings.Contains(stderr, "refused") {
		t.Errorf("nothing listens: code %d, %s", code, stderr)
	}
	started(t, nil, "serve", "--listen", "127.0.0.1:0", "--health-listen", health)
	if _, stderr, code := finished(t, nil, "healthcheck", "--url", url); code != exitOK {
		t.Errorf("ready: code %d, %s", code, stderr)
	}
	if _, stderr, code := finished(t, nil, "healthcheck", "--url", "http://"+health+"/nothing"); code != exitFailure || !strings.Contains(stderr, "404") {
		t.Errorf("another answer: code %d, %s", code, stderr)
	}
}

func TestHAProxyOfTheManifest(t *testing.T) {
	text := contents(t, deploy+"kubernetes/haproxy.yaml")
	_, text, _ = strings.Cut(text, "haproxy.cfg: |\n")
	text, _, _ = strings.Cut(text, "---")
	cert, key, _ := selfSigned(t)
	both := file(t, "both.pem", contents(t, cert)+contents(t, key))
	text = strings.Replace(text, "/etc/haproxy/tls/", both, 1)
	text = strings.Replace(text, "maxconn 20000", "maxconn 1000", 1)
	if out, err := fronts["HAProxy"].check(file(t, "haproxy.cfg", text)).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
