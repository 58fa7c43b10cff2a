package main

import (
	"fmt"
	"os"
	"runtime"
)

// packCore rewrites the core as Go linked it so that a browser fetches less of
// it. What the program does stays the same.
func packCore(linked, packed string) error {
	file, err := os.ReadFile(linked)
	if err != nil {
		return err
	}
	file, err = pack(file)
	if err != nil {
		return fmt.Errorf("%s: %w", linked, err)
	}
	return os.WriteFile(packed, file, 0o644)
}

func pack(file []byte) ([]byte, error) {
	m, err := parseModule(file)
	if err != nil {
		return nil, err
	}
	data, err := m.data()
	if err != nil {
		return nil, err
	}
	mem, err := parseMemory(data.body)
	if err != nil {
		return nil, err
	}
	if knownGo() {
		if err := strip(mem); err != nil {
			return nil, err
		}
	} else {
		fmt.Println("build: the tables of", runtime.Version(), "are not known, and stay as they are")
	}
	data.body = mem.dataBody()
	return m.bytes(), nil
}
