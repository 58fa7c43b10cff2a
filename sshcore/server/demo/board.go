package demo

import (
	"slices"
	"sync"
	"time"
)

const (
	maxPosts        = 100
	maxTitleLetters = 60
	maxPostLetters  = 1000
)

// post is a message on the board.
type post struct {
	number      int
	author      string
	title, text string
	when        time.Time
}

// board holds the messages, shared by all sessions. The board's own stay; of
// the guests' the oldest are forgotten.
type board struct {
	mu    sync.Mutex
	last  int
	posts []post
	own   int
}

func newBoard() *board {
	b := &board{}
	for _, p := range ownPosts {
		b.post(p.author, p.title, p.text)
	}
	b.own = len(b.posts)
	return b
}

// post adds a message, cleaned and cut, and reports whether it had a title and
// a text.
func (b *board) post(author, title, text string) bool {
	author, title = clean(author, maxNameLetters), clean(title, maxTitleLetters)
	text = clean(text, maxPostLetters)
	if title == "" || text == "" {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.posts = append(b.posts, post{b.last, or(author, "somebody"), title, text, time.Now()})
	if len(b.posts) > maxPosts {
		b.posts = slices.Delete(b.posts, b.own, b.own+1)
	}
	return true
}

// list returns all messages, oldest first.
func (b *board) list() []post {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.posts)
}

var ownPosts = []post{
	{
		author: "sysop",
		title:  "Read this first",
		text: "This board runs inside one Go program and has no shell underneath. " +
			"Everything you see is drawn by a few hundred lines that you can read: " +
			"sshcore/server/demo in the source. Break it, and tell us how.",
	},
	{
		author: "lighthouse",
		title:  "How far did your keystroke travel?",
		text: "You pressed a key. The page put it on a port, a worker sealed it in an " +
			"SSH packet, a relay that cannot open the packet carried it here, and the " +
			"letter you saw was the answer to it. All of that fits between two frames " +
			"of a film. Hold a key down and think about it.",
	},
	{
		author: "moss",
		title:  "In praise of the fingerprint",
		text: "Nobody reads forty-three letters of base64, I know. But the day they " +
			"change for a host that you have used for years, stop. Ask somebody who has " +
			"the machine in front of them. It is the only question in this whole " +
			"business that software cannot answer for you.",
	},
	{
		author: "tin-whistle",
		title:  "Things to try in ten minutes",
		text: "Make the window as narrow as a phone, then wide: the front page follows. " +
			"Type 'flood' at the prompt and stop it with Ctrl-C. Open a second tab, sign " +
			"the guest book in one and read it in the other. Fetch big/10GiB.bin over " +
			"SFTP and watch the memory stay flat.",
	},
	{
		author: "sysop",
		title:  "Why port 2200",
		text: "The first toy board of this kind came with a Python library and listened " +
			"there, with a user called robey. Whoever learned SSH from that example will " +
			"feel at home. Whoever did not: welcome, you have missed nothing that cannot " +
			"be caught up with.",
	},
}
