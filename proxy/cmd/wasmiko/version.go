package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set when the binary is linked: -ldflags "-X main.version=1.2.3".
var version string

type versionCommand struct {
	JSON bool `name:"json" help:"Print a JSON object."`
}

// Run prints the version.
func (c *versionCommand) Run(s streams) error {
	if !c.JSON {
		_, err := fmt.Fprintf(s.out, "wasmiko %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	return json.NewEncoder(s.out).Encode(struct {
		Version  string `json:"version"`
		Revision string `json:"revision,omitempty"`
		Go       string `json:"go"`
		OS       string `json:"os"`
		Arch     string `json:"arch"`
	}{versionText(), revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH})
}

// versionText is the linked version, or what the Go command knows.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
