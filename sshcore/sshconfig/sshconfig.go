// Package sshconfig reads what a page can use of an ssh_config(5) file: the
// hosts that it names, with where they are, who logs in, over which hosts on
// the way and with which keys. What it leaves out, it says.
package sshconfig

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	ssh_config "github.com/kevinburke/ssh_config"
)

// MaxBytes is how long a file may be.
const MaxBytes = 256 << 10

// Config is what a file holds for us.
type Config struct {
	Hosts   []Host
	Ignored []Ignored
}

// Host is a name that can be connected to. What the file does not say is empty.
type Host struct {
	Alias         string // as ssh takes it
	HostName      string // where to connect; the alias if the file says nothing else
	User          string
	Port          int // 22 if the file says nothing else
	ProxyJump     []string
	IdentityFiles []string
	HostKeyAlias  string
}

// Ignored is a line that has no effect here.
type Ignored struct {
	Line    int // from 1
	Keyword string
	Reason  string
}

// used are the keywords that mean something here.
var used = map[string]bool{
	"host": true, "hostname": true, "user": true, "port": true,
	"proxyjump": true, "identityfile": true, "hostkeyalias": true,
}

// reasons say why the better known of the others are left out.
var reasons = map[string]string{
	"proxycommand":          "a page cannot run commands",
	"localcommand":          "a page cannot run commands",
	"localforward":          "a page cannot listen on a port",
	"dynamicforward":        "a page cannot listen on a port",
	"remoteforward":         "forwards are opened by scripts, not by the page",
	"stricthostkeychecking": "host keys are always checked",
	"userknownhostsfile":    "known hosts are kept in the browser",
	"globalknownhostsfile":  "known hosts are kept in the browser",
	"controlmaster":         "a tab's connection is shared as it is",
	"controlpath":           "a tab's connection is shared as it is",
	"controlpersist":        "a tab's connection is shared as it is",
	"forwardagent":          "agent forwarding is never switched on by a file",
	"identityagent":         "a page cannot reach the machine's agent",
	"forwardx11":            "there is no X11 here",
	"include":               "other files cannot be read; import them, too",
	"match":                 "its conditions cannot be checked here",
}

// Parse reads a file. Lines that it cannot use are listed; only a file that is
// too large, or that breaks the syntax, is an error, which names the line.
func Parse(text []byte) (*Config, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("the file is larger than %d bytes", MaxBytes)
	}
	c := new(Config)
	parsed, err := ssh_config.DecodeBytes(c.sift(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if err != nil {
		return nil, fmt.Errorf("ssh_config: %w", err)
	}
	seen := map[string]bool{}
	for _, h := range parsed.Hosts {
		for _, p := range h.Patterns {
			alias := unquote(p.String())
			// Wildcards name no host, and "!" names one that it is not.
			if alias == "" || strings.ContainsAny(alias, "*?!") || seen[alias] {
				continue
			}
			seen[alias] = true
			host, err := resolve(parsed, alias)
			if err != nil {
				return nil, err
			}
			c.Hosts = append(c.Hosts, host)
		}
	}
	return c, nil
}

// sift blanks out the lines that have no effect here, and notes them. Line
// numbers stay as they are. A Match block goes as a whole: what it would set is
// meant for some connections only.
func (c *Config) sift(text []byte) []byte {
	var out bytes.Buffer
	number, skipping := 0, false
	for line := range bytes.Lines(text) {
		number++
		keyword := keywordOf(string(line))
		switch {
		case keyword == "host":
			skipping = false
		case keyword == "match":
			skipping = true
			c.ignore(number, keyword)
		case keyword != "" && !skipping && !used[keyword]:
			c.ignore(number, keyword)
		}
		if skipping || keyword != "" && !used[keyword] {
			line = []byte("\n")
		}
		out.Write(bytes.ReplaceAll(line, []byte("\r"), nil))
	}
	return out.Bytes()
}

func (c *Config) ignore(line int, keyword string) {
	reason := reasons[keyword]
	if reason == "" {
		reason = "it has no meaning here"
	}
	c.Ignored = append(c.Ignored, Ignored{Line: line, Keyword: keyword, Reason: reason})
}

// keywordOf returns a line's keyword in lower case; empty for comments.
func keywordOf(line string) string {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return ""
	}
	end := strings.IndexAny(line, " \t=\"")
	if end < 0 {
		end = len(line)
	}
	return strings.ToLower(line[:end])
}

// resolve collects all that the file says about a host: the first value counts,
// of keys all.
func resolve(parsed *ssh_config.Config, alias string) (Host, error) {
	h := Host{Alias: alias, HostName: alias, Port: 22}
	said := settings(parsed, alias)
	first := func(key string) string { return append(said[key], "")[0] }
	if name := first("hostname"); name != "" {
		h.HostName = expand(name, alias)
	}
	h.User = first("user")
	h.HostKeyAlias = first("hostkeyalias")
	if jump := first("proxyjump"); jump != "" && !strings.EqualFold(jump, "none") {
		for hop := range strings.SplitSeq(jump, ",") {
			h.ProxyJump = append(h.ProxyJump, strings.TrimSpace(hop))
		}
	}
	if port := first("port"); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return h, fmt.Errorf("ssh_config: %s has port %q; a port is a number from 1 to 65535", alias, port)
		}
		h.Port = int(n)
	}
	for _, f := range said["identityfile"] {
		if !strings.EqualFold(f, "none") {
			h.IdentityFiles = append(h.IdentityFiles, f)
		}
	}
	return h, nil
}

// settings returns the values for a host by keyword, in the file's order. The
// library's own look-up takes a question mark for no or one letter.
func settings(parsed *ssh_config.Config, alias string) map[string][]string {
	said := map[string][]string{}
	for _, block := range parsed.Hosts {
		if !speaksOf(block, alias) {
			continue
		}
		for _, node := range block.Nodes {
			if kv, ok := node.(*ssh_config.KV); ok {
				key := strings.ToLower(kv.Key)
				said[key] = append(said[key], unquote(kv.Value))
			}
		}
	}
	return said
}

// speaksOf tells whether a block is about a host: a pattern fits, and none
// that is negated does.
func speaksOf(block *ssh_config.Host, alias string) bool {
	fits := false
	for _, p := range block.Patterns {
		pattern, negated := strings.CutPrefix(unquote(p.String()), "!")
		switch {
		case !glob(pattern, alias):
		case negated:
			return false
		default:
			fits = true
		}
	}
	return fits
}

// glob matches the wildcards of ssh_config(5), section PATTERNS, going back
// to the last star only.
func glob(pattern, name string) bool {
	star, mark, p := -1, 0, 0
	for n := 0; n < len(name); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p, n = p+1, n+1
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// expand replaces the tokens of HostName, ssh_config(5) section TOKENS.
func expand(name, alias string) string {
	return strings.NewReplacer("%%", "%", "%h", alias).Replace(name)
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
