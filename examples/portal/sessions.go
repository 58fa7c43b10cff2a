package main

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

const cookieName = "portal-session"

// sessions remembers who is logged in.
type sessions struct {
	mu    sync.Mutex
	users map[string]string
}

func newSessions() *sessions { return &sessions{users: map[string]string{}} }

func (s *sessions) begin(w http.ResponseWriter, user string) {
	id := rand.Text()
	s.mu.Lock()
	s.users[id] = user
	s.mu.Unlock()
	// Over https: Secure, and the name __Host-portal-session.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(8 * time.Hour / time.Second)})
	w.WriteHeader(http.StatusNoContent)
}

func (s *sessions) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.users, c.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1})
	w.WriteHeader(http.StatusNoContent)
}

// user names who asks, or answers that it is nobody.
func (s *sessions) user(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if user := s.users[c.Value]; user != "" {
			return user
		}
	}
	http.Error(w, "Log in first.", http.StatusUnauthorized)
	return ""
}
