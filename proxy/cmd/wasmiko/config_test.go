package main

import (
	"encoding/json"
	"net"
	"regexp"
	"strings"
	"testing"
)

func TestConfigCheckNamesEveryMistake(t *testing.T) {
	good := file(t, "wasmiko.json", `{"allow": ["*.lab.example"], "host": ["ssh.example.org"], "behind-tls-proxy": ["127.0.0.1"]}`)
	if out, errs, code := finished(t, nil, "config", "check", "--config", good); code != exitOK || errs != "" || out != "wasmiko: the configuration is fine\n" {
		t.Errorf("a good one: code %d, %q, %q", code, out, errs)
	}
	_, errs, code := finished(t, nil, "config", "check", "--health-listen", "0.0.0.0:1", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent", "--allow", "10.0.0.1/8")
	for _, want := range []string{"only a loopback address", "no such file", "did you mean 10.0.0.0/8?"} {
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("code %d, %q; want code 2 and %q", code, errs, want)
		}
	}
}

func TestConfigPrintSaysWhereEachValueComesFrom(t *testing.T) {
	name := file(t, "wasmiko.json", `{"allow": ["a", "b"], "drain": "10m", "hold": "1m", "any-protocol": true}`)
	env := map[string]string{"WASMIKO_REDIS": "redis://u:hunter2@127.0.0.1/0", "WASMIKO_HOLD": "2m"}
	out, errs, code := finished(t, env, "config", "print", "--config", name, "--drain", "3m")
	if code != exitOK || errs != "" || strings.Contains(out, "hunter2") {
		t.Fatalf("code %d, %q, %q", code, out, errs)
	}
	for _, want := range []string{
		`^allow +a b +file$`, `^drain +3m0s +command line$`, `^hold +2m0s +environment \(WASMIKO_HOLD\)$`, `^any-protocol +true +file$`,
		`^redis +redis://u:xxxxx@127.0.0.1/0 +environment`, `^listen +- +default$`,
	} {
		if !regexp.MustCompile("(?m)" + want).MatchString(out) {
			t.Errorf("%s is not in:\n%s", want, out)
		}
	}
}

// Each mistake ends with code 2 and a sentence that says what to do.
func TestMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const port = "127.0.0.1:0"
	public := []string{"serve", "--listen", "0.0.0.0:0"}
	with := func(more ...string) []string { return append(public[:len(public):len(public)], more...) }
	tests := []struct {
		name string
		args []string
		env  map[string]string
		file string
		want string
	}{
		{name: "no command", want: "a command is missing"},
		{name: "a misspelt command", args: []string{"serv"}, want: `did you mean "serve"?`},
		{name: "a misspelt flag", args: []string{"serve", "--alow", "x"}, want: `did you mean "--allow"?`},
		{name: "an argument too many", args: []string{"serve", "x"}, want: "unexpected argument x"},
		{name: "an address without a port", args: []string{"serve", "--listen", "127.0.0.1"}, want: "write HOST:PORT"},
		{name: "an address that is a name", args: []string{"serve", "--listen", "example.org:80"}, want: "write an IP address or localhost"},
		{name: "a port that is none", args: []string{"serve", "--listen", "127.0.0.1:99999"}, want: "from 0 to 65535"},
		{name: "a port that is taken", args: []string{"serve", "--listen", taken.Addr().String()}, want: "another program listens there"},
		{name: "an address of another machine", args: []string{"serve", "--listen", "192.0.2.1:0", "--allow", "a", "--behind-tls-proxy", "10.0.0.1"}, want: "does not have that address"},
		{name: "an open relay", args: with("--behind-tls-proxy", "10.0.0.1", "--host", "a.example"), want: "this would be an open relay"},
		{name: "an open relay on IPv6", args: []string{"serve", "--listen", "[::]:0"}, want: "this would be an open relay"},
		{name: "an open relay without an address", args: []string{"serve", "--listen", ":0"}, want: "this would be an open relay"},
		{name: "an open relay behind a proxy on this machine", args: []string{"serve", "--listen", port, "--behind-tls-proxy", "127.0.0.1", "--host", "a.example"}, want: "this would be an open relay"},
		{name: "an open relay by a public name", args: []string{"serve", "--listen", port, "--host", "a.example"}, want: "this would be an open relay"},
		{name: "no TLS", args: with("--allow", "a", "--host", "a.example"), want: "browsers need TLS"},
		{name: "no name", args: with("--allow", "a", "--behind-tls-proxy", "10.0.0.1"), want: "--host ssh.example.org"},
		{name: "a certificate without its key", args: []string{"serve", "--tls-cert", "x"}, want: "go together"},
		{name: "a certificate that is not there", args: []string{"serve", "--listen", port, "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"}, want: "no such file"},
		{name: "ACME without a place for its keys", args: []string{"serve", "--listen", port, "--acme", "ssh.example.org", "--allow", "a"}, want: "--acme-dir"},
		{name: "ACME for an address", args: []string{"serve", "--listen", port, "--acme", "192.0.2.1", "--acme-dir", "x", "--allow", "a"}, want: "write a name alone"},
		{name: "ACME beside a certificate", args: []string{"serve", "--listen", port, "--acme", "a.example", "--acme-dir", "x", "--allow", "a", "--tls-cert", "x", "--tls-key", "x"}, want: "does TLS by itself"},
		{name: "ACME by plain HTTP", args: []string{"serve", "--listen", port, "--acme", "a.example", "--acme-dir", "x", "--allow", "a", "--acme-server", "http://ca"}, want: "write the URL of its directory"},
		{name: "ACME and its own open relay", args: []string{"serve", "--listen", port, "--acme", "a.example", "--acme-dir", "x"}, want: "this would be an open relay"},
		{name: "a directory of ACME without a name", args: []string{"serve", "--listen", port, "--acme-dir", "x"}, want: "need --acme NAME"},
		{name: "a proxy that is not an address", args: []string{"serve", "--behind-tls-proxy", "nginx"}, want: "write the proxy's address or range"},
		{name: "a rule that cannot be read", args: []string{"serve", "--listen", port, "--allow", "10.0.0.1/8"}, want: "did you mean 10.0.0.0/8?"},
		{name: "a port of a rule", args: []string{"serve", "--listen", port, "--allow", "a:ssh"}, want: `"ssh" is not a port`},
		{name: "an origin with a path", args: []string{"serve", "--listen", port, "--origin", "https://a.example/x"}, want: "as browsers send it"},
		{name: "a host with a scheme", args: []string{"serve", "--listen", port, "--host", "http://localhost"}, want: "write a name alone"},
		{name: "an unknown format of the log", args: []string{"serve", "--log-format", "xml"}, want: "must be one of"},
		{name: "a negative limit", args: []string{"serve", "--max-sessions=-1"}, want: "cannot be negative"},
		{name: "buffers too small for a session", args: []string{"serve", "--max-buffers", "8"}, want: "at least 16 MiB"},
		{name: "health for everybody", args: []string{"serve", "--health-listen", "0.0.0.0:0"}, want: "only a loopback address"},
		{name: "the demo for everybody", args: []string{"demo", "--listen", "0.0.0.0:0", "--allow", "a", "--host", "a.example", "--behind-tls-proxy", "10.0.0.1"}, want: "the demo serves this machine only"},
		{name: "a file that is not there", args: []string{"serve", "--config", "/nonexistent"}, want: "no such file"},
		{name: "a file that is not JSON", args: []string{"serve"}, file: "listen = 1", want: "is not a JSON object"},
		{name: "a file with a misspelt name", args: []string{"serve"}, file: `{"alow": ["a"]}`, want: `there is no option "alow"; did you mean "allow"?`},
		{name: "a file with a wrong type", args: []string{"serve"}, file: `{"max-sessions": "many"}`, want: "--max-sessions"},
		{name: "a file that names a file", args: []string{"serve"}, file: `{"config": "x"}`, want: `there is no option "config"`},
		{name: "a mistake in the environment", args: []string{"serve"}, env: map[string]string{"WASMIKO_LISTEN": "x"}, want: "write HOST:PORT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := tt.args
			if tt.file != "" {
				args = append(args[:len(args):len(args)], "--config", file(t, "wasmiko.json", tt.file))
			}
			stdout, stderr, code := finished(t, tt.env, args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("code %d, stdout %q, stderr %q; want code 2 and %q", code, stdout, stderr, tt.want)
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "wasmiko: ") {
					t.Errorf("line %q is not a sentence of ours", line)
				}
			}
		})
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	_, stderr, _ := finished(t, nil, "serve", "--listen", "0.0.0.0:0")
	if n := strings.Count(stderr, "\n"); n != 3 {
		t.Errorf("%d lines, want TLS, targets and name:\n%s", n, stderr)
	}
}

// Flags win over the environment, that over the file, that over the defaults.
func TestPrecedence(t *testing.T) {
	env := map[string]string{"WASMIKO_LISTEN": "localhost:0"}
	conf := file(t, "wasmiko.json", `{"listen": "127.0.0.3:0"}`)
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"a flag", []string{"--listen", "127.0.0.2:0", "--config", conf}, env, "http://127.0.0.2:"},
		{"the environment", []string{"--config", conf}, env, "http://localhost:"},
		{"the file", []string{"--config", conf}, nil, "http://127.0.0.3:"},
		{"the file that the environment names", nil, map[string]string{"WASMIKO_CONFIG": conf}, "http://127.0.0.3:"},
		{"the default", nil, nil, "http://127.0.0.1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := started(t, tt.env, append([]string{"serve"}, tt.args...)...)
			if !strings.HasPrefix(r.url, tt.want) {
				t.Errorf("%s, want %s…", r.url, tt.want)
			}
		})
	}
}

func TestRulesFromEnvironmentAndFile(t *testing.T) {
	conf := file(t, "wasmiko.json", `{"allow": ["127.0.0.1:22,2222", "a.example"], "drain": "1s", "max-sessions": 3}`)
	for name, r := range map[string]*running{
		"file":        started(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", conf),
		"environment": started(t, map[string]string{"WASMIKO_ALLOW": "127.0.0.1:22,2222 a.example"}, "serve", "--listen", "127.0.0.1:0"),
	} {
		for addr, allowed := range map[string]bool{"127.0.0.1:2222": true, "127.0.0.1:2200": false, "127.0.0.1:23": false} {
			err := r.try(t, addr)
			if denied := strings.Contains(err.Error(), "not on the list"); denied == allowed {
				t.Errorf("%s: %s: %v", name, addr, err)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	stdout, _, code := finished(t, nil, "version")
	if code != 0 || !strings.HasPrefix(stdout, "wasmiko 1.2.3-test (go") {
		t.Errorf("code %d, %q", code, stdout)
	}
	stdout, _, code = finished(t, nil, "version", "--json")
	var v struct{ Version, Go, OS, Arch string }
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != 0 || v.Version != "1.2.3-test" || v.Go == "" || v.OS == "" || v.Arch == "" {
		t.Errorf("code %d, %v, %q", code, err, stdout)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"demo", "-h"}} {
		stdout, stderr, code := finished(t, nil, args...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "Usage: wasmiko") {
			t.Errorf("%v: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"alow", "allow", 1}, {"kitten", "sitting", 3}} {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
