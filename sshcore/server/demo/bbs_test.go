package demo

import (
	"fmt"
	"strings"
	"testing"
)

func TestFrontPageFollowsTheWindow(t *testing.T) {
	g := sit(t, robey(t, start(t)), 100, 30)
	g.sees(sign[0])
	g.sees("Hello robey")
	g.sees("Press a key.")
	if err := g.s.WindowChange(20, 40); err != nil {
		t.Fatal(err)
	}
	g.sees(wipe)
	if page := g.sees("Press a key."); !strings.Contains(page, shortSign) || strings.Contains(page, "█") {
		t.Errorf("narrow page: %q", page)
	}
	if err := g.s.WindowChange(30, 100); err != nil {
		t.Fatal(err)
	}
	g.sees(sign[5])
}

func TestMenuPagesOpenAndGoBack(t *testing.T) {
	g := sit(t, robey(t, start(t)), 100, 40)
	for _, c := range []struct{ keys, shows, back string }{
		{"w", "robey", "x"},
		{"c", "48;2;255;0;0m", "x"},
		{"u", "こんにちは世界", "x"},
		{"r", "100 cols x 40 rows", "x"},
		{"f", "Fortune", "x"},
		{"F", "Space tells another", " x"},
		{"m", "Read this first", "q"},
		{"g", "Somebody has to be first", "x"},
		{"/", "board> ", "menu\r"},
		{"s", "board> ", "\x04"},
		{"n", "Guess 1: ", "\rx"},
	} {
		g.sees("Press a key.")
		g.types(c.keys)
		g.sees(c.shows)
		g.types(c.back)
	}
	g.sees("Press a key.")
	g.types("q")
	g.sees("Come back soon.")
	if status := g.leaves(); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestResizePageIsLive(t *testing.T) {
	g := sit(t, robey(t, start(t)), 80, 24)
	g.sees("Press a key.")
	g.types("r")
	g.sees("80 cols x 24 rows")
	for _, cols := range []int{81, 120, 40} {
		if err := g.s.WindowChange(20, cols); err != nil {
			t.Fatal(err)
		}
		g.sees(fmt.Sprintf("%d cols x 20 rows", cols))
	}
}

func TestMessagesAreReadAndPosted(t *testing.T) {
	d := start(t)
	g := sit(t, robey(t, d), 80, 24)
	g.sees("Press a key.")
	g.types("m")
	g.sees("> ")
	g.types("\x1b[B\x1b[B\r") // two down from the newest
	g.sees("fingerprint")
	g.sees("Any key goes back.")
	g.types("x")
	g.sees("p posts")
	g.types("p")
	g.sees("Title: ")
	g.types("A title\x1b[2J\r")
	g.sees("Text: ")
	g.types("What I have to säy\r")
	g.sees("A title")
	posts := d.board.list()
	if p := posts[len(posts)-1]; p.title != "A title" || p.text != "What I have to säy" || p.author != "robey" {
		t.Errorf("%+v", p)
	}
	g.types("p")
	g.sees("Title: ")
	g.types("taken back\x03")
	g.sees("p posts")
	if len(d.board.list()) != len(posts) {
		t.Error("a message that was taken back is there")
	}
}

func TestGuestBookIsSharedAndHarmless(t *testing.T) {
	d := start(t)
	writer, reader := sit(t, robey(t, d), 80, 24), sit(t, robey(t, d), 80, 24)
	reader.sees("2 online")
	reader.types("g")
	reader.sees("Somebody has to be first")
	writer.sees("Press a key.")
	writer.types("gs")
	writer.sees("Your name: ")
	writer.types("Zoë\r")
	writer.sees("Your line: ")
	writer.types("hello 🦊\r")
	writer.sees("hello 🦊")
	reader.types(" ")
	reader.sees("Zoë: hello 🦊")

	// The plain board takes bytes that no line editor would.
	attack := "sign \x1b]0;owned\x07bad: \x1b[2J\x1b]52;c;eA==\x07evil\u202etxt\u009b31m\r\n"
	c := robey(t, d)
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Stdin = strings.NewReader(attack + "exit\n")
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	reader.types(" ")
	page := reader.sees("evil")
	for _, bad := range []string{"\x07", "\x1b]", "\u202e", "\u009b"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q reached another guest", bad)
		}
	}
}

func TestNumberGameIsWon(t *testing.T) {
	g := sit(t, robey(t, start(t)), 80, 24)
	g.sees("Press a key.")
	g.types("n")
	low, high := 1, 100
	for tries := 1; ; tries++ {
		if low > high || tries > 7 {
			t.Fatal("bisection does not find it")
		}
		guess := (low + high) / 2
		g.sees(fmt.Sprintf("Guess %d: ", tries))
		g.types(fmt.Sprintf("%d\r", guess))
		switch reply := g.sees("."); {
		case strings.Contains(reply, "More"):
			low = guess + 1
		case strings.Contains(reply, "Less"):
			high = guess - 1
		case strings.Contains(reply, "Yes!"):
			g.types("x")
			g.sees("Press a key.")
			return
		default:
			t.Fatalf("reply %q", reply)
		}
	}
}

// atPrompt is a guest at the toy prompt.
func atPrompt(t *testing.T, d *Demo) *guest {
	g := sit(t, robey(t, d), 80, 24)
	g.sees("Press a key.")
	g.types("/")
	g.sees("board> ")
	return g
}

func TestPromptRunsCommands(t *testing.T) {
	g := atPrompt(t, start(t))
	for _, c := range []struct{ name, keys, shows string }{
		{"a command prints", "echo one two\r", "one two\r\n"},
		{"an unknown one says so", "rm -rf /\r", "rm: no such command"},
		{"the terminal's size is known", "size\r", "80 cols x 24 rows\r\n"},
		{"numbered lines come in full", "stress 1000\r", "     1000 the quick"},
		{"several lines may be pasted", "echo first\recho second\r", "second\r\n"},
		{"cat repeats what is typed", "cat\rlïne\r", "\nlïne\r\n"},
		{"Ctrl-D ends its input", "\x04echo after\r", "after\r\n"},
		{"Ctrl-C clears the line", "garbage\x03echo ok\r", "\nok\r\n"},
		{"arrow up repeats", "\x1b[A\r", "\nok\r\n"},
		{"a line is edited: left, insert, home, delete, end", "xcho hllo\x1b[D\x1b[D\x1b[De\x1b[H\x1b[3~e\x1b[F!\r", "hello!\r\n"},
		{"backspace removes a whole emoji", "echo a👩‍🚀\x7fb\r", "\nab\r\n"},
		{"Ctrl-U removes the line", "garbage\x15echo clean\r", "\nclean\r\n"},
		{"TERM is known", "env\r", "TERM=xterm-256color\r\n"},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			g.t = t
			g.types(c.keys)
			g.sees(c.shows)
		}) {
			return
		}
	}
}

func TestCtrlCStopsEverythingThatRuns(t *testing.T) {
	g := atPrompt(t, start(t))
	for _, c := range []struct{ command, shows string }{
		{"flood", "flood: Ctrl-C stops it"},
		{"yes", "y\r\ny\r\ny"},
		{"slow", "drip"},
		{"count 100000", "\n2"},
		{"sleep 3600", "sleep 3600"},
		{"cat", "cat"},
		{"cat /big/10GiB.bin", "\n"},
	} {
		g.types(c.command + "\r")
		g.sees(c.shows)
		g.types("\x03")
		g.sees("^C")
		g.sees("board> ")
	}
	g.types("sleep 3600\r\x03") // typed ahead
	g.sees("^C")
	g.types("exit 7\r")
	if status := g.leaves(); status != 7 {
		t.Errorf("status %d", status)
	}
}

func TestTypeAheadIsKeptWhileACommandRuns(t *testing.T) {
	g := atPrompt(t, start(t))
	var keys strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&keys, "echo %d\r", i)
	}
	go g.in.Write([]byte("count 3\r" + keys.String()))
	for i := range 2000 {
		g.sees(fmt.Sprintf("\r\n%d\r\n", i))
	}
}

func TestPlainBoardWorksWithoutATerminal(t *testing.T) {
	c := robey(t, start(t))
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out, errs strings.Builder
	s.Stdout, s.Stderr = &out, &errs
	s.Stdin = strings.NewReader("post Hello: there\nmessages\nguests\nwho\necho hi\nnope\nexit 5\n")
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err == nil || !strings.Contains(err.Error(), "status 5") {
		t.Error(err)
	}
	for _, want := range []string{"#6 Hello (robey)", "Somebody has to be first", "robey  board", "> hi\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
	if !strings.Contains(errs.String(), "nope: no such command") {
		t.Errorf("stderr %q", errs.String())
	}
}
