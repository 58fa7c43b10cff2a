package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wasmiko/wasmiko/proxy"
)

// ticketCommand is the portal's part, for scripts and for trying it out.
type ticketCommand struct {
	Key      string        `required:"" placeholder:"FILE" help:"The portal's Ed25519 private key in PEM, or the shared secret."`
	Host     string        `required:"" placeholder:"NAME" help:"The target."`
	Port     uint16        `default:"22" placeholder:"PORT" help:"The target's port. Default: 22."`
	User     string        `placeholder:"NAME" help:"Whom the page is to log in as."`
	HostKey  string        `name:"host-key" placeholder:"SHA256:…" help:"The target's host key, which the page insists on."`
	Origin   string        `placeholder:"ORIGIN" help:"The one page that may use the ticket, such as https://portal.example.org."`
	Audience string        `placeholder:"NAME" help:"The one gateway that may take the ticket."`
	Issuer   string        `placeholder:"NAME" help:"Who gives the ticket."`
	Subject  string        `placeholder:"NAME" help:"For whom, in the gateway's log."`
	Longest  time.Duration `placeholder:"TIME" help:"How long the session may last. Default: the gateway's own limit."`
	TTL      time.Duration `name:"ttl" default:"60s" placeholder:"TIME" help:"Until when the ticket must be used; at most 60s."`
}

// Run prints a ticket.
func (c *ticketCommand) Run(s streams) error {
	if c.TTL <= 0 || c.TTL > time.Minute {
		return mistakes{"--ttl: a ticket lives between 1s and 60s"}
	}
	key, err := readSigningKey(c.Key)
	if err != nil {
		return mistakes{err.Error()}
	}
	now := time.Now()
	ticket, err := proxy.SignTicket(key, keyID(c.Key), proxy.Ticket{
		Issuer: c.Issuer, Audience: c.Audience, Subject: c.Subject, ID: rand.Text(),
		Issued: now.Unix(), Expires: now.Add(c.TTL).Unix(),
		Host: c.Host, Port: c.Port, User: c.User, HostKey: c.HostKey, Origin: c.Origin,
		MaxSeconds: int64(c.Longest / time.Second),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, ticket)
	return err
}

// keyID is what tickets call the key of a file.
func keyID(file string) string {
	name := filepath.Base(file)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func readKeyFile(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	return bytes.TrimSpace(text), err
}

func readSigningKey(file string) (any, error) {
	text, err := readKeyFile(file)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		if _, err := proxy.ParseTicketKey(keyID(file), text); err != nil {
			return nil, err
		}
		return text, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("--key %s: this is no Ed25519 private key; make one with: openssl genpkey -algorithm ed25519", file)
	}
	return private, nil
}

// readTicketKeys reads what --ticket-key names.
func readTicketKeys(files []string) (keys []proxy.TicketKey, err error) {
	for _, file := range files {
		text, err := readKeyFile(file)
		if err != nil {
			return nil, fmt.Errorf("--ticket-key: %w", err)
		}
		key, err := proxy.ParseTicketKey(keyID(file), text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
