package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"
)

const (
	linkLife = 5 * time.Minute
	// linkUser is what the log calls whoever opened the link.
	linkUser = "link"
)

// linkToken is good once. Only its hash is kept: there is no time to tell from a
// comparison, and nothing to find in memory.
type linkToken struct {
	mu    sync.Mutex
	hash  [sha256.Size]byte
	until time.Time
}

// Link makes a new token, in the place of the one before, for the fragment of the
// URL of Path. Browsers send no fragment to any server.
func (g *Gate) Link() string {
	text := rand.Text() // 130 bits
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	g.link.hash, g.link.until = sha256.Sum256([]byte(text)), time.Now().Add(linkLife)
	return text
}

// use reports whether text is the token, whose time is not over, and uses it up.
func (l *linkToken) use(text string) bool {
	hash := sha256.Sum256([]byte(text))
	l.mu.Lock()
	defer l.mu.Unlock()
	if subtle.ConstantTimeCompare(hash[:], l.hash[:]) != 1 || time.Now().After(l.until) {
		return false
	}
	l.until = time.Time{}
	return true
}
