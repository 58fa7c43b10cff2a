package sshcore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SHA256 has the server compute the SHA-256 of length bytes of a file, from
// offset on. Zero length is the rest. It uses the extension check-file
// (draft-ietf-secsh-filexfer-09, section 9.1.2) where that is offered, and else
// runs sha256sum, shasum or openssl there. It fails with ErrNoChecksum where
// nothing of that is to be had.
func (s *SFTP) SHA256(ctx context.Context, path string, offset, length int64) ([]byte, error) {
	const op = "verify"
	if s.Offers(extCheckFile) || s.Offers(extCheckFileName) {
		sum, err := s.checkFile(ctx, op, path, offset, length)
		if sum != nil || statusOf(err) == StatusOK {
			return sum, err
		}
	}
	script := hashScript
	if offset > 0 || length > 0 {
		script = `tail -c +` + strconv.FormatInt(offset+1, 10) + ` < "$1" | `
		if length > 0 {
			script += `head -c ` + strconv.FormatInt(length, 10) + ` | `
		}
		script += `{ ` + hashScript + ` }`
	} else {
		script = `exec < "$1" || exit; ` + script
	}
	out, err := s.client.Output(ctx, shellLine(`[ -f "$1" ] || exit; `+script, shellPath(path)))
	var closed *ClosedError
	if ctx.Err() != nil || errors.As(err, &closed) {
		return nil, failed(op, path, err)
	}
	if sum := findSHA256(string(out)); sum != nil && err == nil {
		return sum, nil
	}
	return nil, failed(op, path, noChecksum(err))
}

func noChecksum(err error) error {
	if err == nil {
		return ErrNoChecksum
	}
	return fmt.Errorf("%w: %w", ErrNoChecksum, err)
}

// hashScript hashes standard input: so no name is ever an option, and none
// comes back.
const hashScript = `if command -v sha256sum >/dev/null 2>&1; then sha256sum; ` +
	`elif command -v shasum >/dev/null 2>&1; then shasum -a 256; ` +
	`else openssl dgst -sha256; fi;`

// shellPath is a path that no program takes for an option.
func shellPath(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "./" + path
}

// findSHA256 finds the sum in what those programs print.
func findSHA256(out string) []byte {
	for _, word := range strings.Fields(out) {
		if sum, err := hex.DecodeString(word); err == nil && len(sum) == sha256.Size {
			return sum
		}
	}
	return nil
}

// checkFile asks by the extension. Servers differ on whether the answer begins
// with the extension's name.
func (s *SFTP) checkFile(ctx context.Context, op, path string, offset, length int64) ([]byte, error) {
	p := putString(putString(extended(extCheckFileName), path), "sha256")
	p = putUint32(putUint64(putUint64(p, uint64(offset)), uint64(length)), 0) // one sum over all
	f, err := s.c.ask(ctx, op, path, newRequest(p), fxpExtendedReply)
	if err != nil {
		return nil, err
	}
	algorithm := f.string()
	if algorithm == extCheckFile {
		algorithm = f.string()
	}
	if algorithm != "sha256" || len(f.rest) != sha256.Size {
		return nil, failed(op, path, s.c.broken("a checksum that is none"))
	}
	return f.rest, nil
}

// Matches fails with ErrChecksum unless a file's SHA-256 is sum, or that of
// length bytes of it from offset on; see SHA256.
func (s *SFTP) Matches(ctx context.Context, path string, sum []byte, offset, length int64) error {
	have, err := s.SHA256(ctx, path, offset, length)
	if err == nil && !bytes.Equal(have, sum) {
		err = failed("verify", path, ErrChecksum)
	}
	return err
}
