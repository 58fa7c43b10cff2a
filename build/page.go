package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// manifest is what bundle.mjs leaves behind: paths below web/dist.
type manifest struct {
	FirstLoad []string `json:"firstLoad"` // what a browser fetches before the form works
	Core      string   `json:"core"`
	Worker    string   `json:"worker"`

	Entries map[string][]string `json:"entries"` // what each entry of the package loads at once
}

const manifestPath = cacheDir + "/manifest.json"

func bundlePage() error {
	inputs := []string{"web/src", "web/app", "web/gen", "web/package-lock.json", "examples", "build/bundle.mjs", "docs/npm.md", "CHANGELOG.md", corePath, extraPath, noticesPath}
	return once("page", webDist+"/index.html", inputs, func() error {
		if err := emptyDist(); err != nil {
			return err
		}
		return command("node", "build/bundle.mjs", corePath, extraPath, webDist, "dist/npm", manifestPath, version())
	})
}

// emptyDist removes what an earlier build left, but for the file that keeps
// the folder in version control.
func emptyDist() error {
	entries, err := os.ReadDir(webDist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == ".gitkeep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(webDist, e.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll("dist/npm")
}

// compressPage puts name.br and name.gz beside each file that gains by it.
func compressPage() error {
	return command("node", "build/compress.mjs", webDist, filepath.Join(cacheDir, "compressed"))
}

func readManifest() (*manifest, error) {
	text, err := os.ReadFile(manifestPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("nothing is built yet; run `make build`")
	}
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestPath, err)
	}
	return m, nil
}

// emitTypes writes the declarations of the npm package.
func emitTypes() error {
	return once("types", "dist/npm/types", []string{"web/src", "web/package-lock.json", webDist + "/index.html"}, func() error {
		for _, layer := range []string{"client", "element"} {
			err := command("node", "web/node_modules/typescript/bin/tsc", "-p", "web/tsconfig."+layer+".json",
				"--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--rootDir", "web/src", "--outDir", "dist/npm/types")
			if err != nil {
				return err
			}
		}
		return nil
	})
}
