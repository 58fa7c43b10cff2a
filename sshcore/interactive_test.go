package sshcore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestKeyboardInteractive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Config.NoClientAuth = false
		srv.Config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			a, err := ask("Two things", "please", []string{"Password: ", "Colour: "}, []bool{false, true})
			if err != nil {
				return nil, err
			}
			b, err := ask("", "", []string{"Code: "}, []bool{true})
			if err != nil {
				return nil, err
			}
			ask("", "", nil, nil)
			if fmt.Sprint(a, b) != "[foo red] [123]" {
				return nil, errRefused
			}
			return nil, nil
		}
		var seen []Challenge
		answers := [][]string{{"foo", "blue"}, {"123"}, {"foo", "red"}, {"123"}}
		cfg := testConfig(srv.Dial)
		cfg.Auth = []Auth{Interactive(func(_ context.Context, c Challenge) ([]string, error) {
			seen = append(seen, c)
			return answers[len(seen)-1], nil
		})}
		if err := tryLogin(t, cfg); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 4 {
			t.Fatalf("asked %d times: %+v", len(seen), seen)
		}
		want := Challenge{User: "robey", Host: "h:22", Name: "Two things", Instruction: "please",
			Prompts: []Prompt{{"Password: ", false}, {"Colour: ", true}}, Round: 1, Attempt: 1, Step: 1}
		if !reflect.DeepEqual(seen[0], want) {
			t.Errorf("first %+v", seen[0])
		}
		if seen[1].Round != 2 || seen[1].Attempt != 1 || seen[2].Round != 1 || seen[2].Attempt != 2 {
			t.Errorf("rounds and attempts: %+v", seen)
		}
	})
}

func TestChallengesAreBounded(t *testing.T) {
	for _, tc := range []struct {
		name            string
		rounds, prompts int
		text            string
		ok              bool
	}{
		{"sixteen rounds of sixteen prompts pass", 16, 16, "p", true},
		{"seventeen rounds do not", 17, 1, "p", false},
		{"seventeen prompts do not", 1, 17, "p", false},
		{"64 KiB pass, enough for a QR code", 1, 2, strings.Repeat("p", 32<<10), true},
		{"more do not", 1, 2, strings.Repeat("p", 32<<10+1), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Config.NoClientAuth = false
				srv.Config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
					for range tc.rounds {
						if _, err := ask("", "", slices.Repeat([]string{tc.text}, tc.prompts), make([]bool, tc.prompts)); err != nil {
							return nil, err
						}
					}
					return nil, nil
				}
				cfg := testConfig(srv.Dial)
				cfg.Auth = []Auth{Interactive(func(_ context.Context, c Challenge) ([]string, error) {
					return make([]string, len(c.Prompts)), nil
				})}
				err := tryLogin(t, cfg)
				var limit *ProtocolError
				if ok := !errors.As(err, &limit) || limit.Reason != ReasonLimit; ok != tc.ok || tc.ok && err != nil {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
