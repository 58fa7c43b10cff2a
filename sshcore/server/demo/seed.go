package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"path"
	"time"
)

// hugeSize is the size of the file that is only computed.
const hugeSize = 10 << 30

// manyFiles is how many files the folder for long listings holds.
const manyFiles = 10_000

const readme = `Welcome to the demo board's files.

  big/10GiB.bin        ten gibibytes that exist only while you read them
  many/                ten thousand small files
  pictures/sunset.png  made by the board when it started
  upload/              yours: write, rename, link, delete
  words/               names and texts from many alphabets

All of it lives in memory and is gone when the board closes. Guests share
upload/, and together they may fill 256 MiB of it.
`

const poem = `On a port in the evening a board came awake,
with a key it had made for nobody's sake.
"Who is there?" asked the board. "It is foo," said the guest,
and a tunnel of numbers took care of the rest.
`

const alphabets = `English   The quick brown fox
Deutsch   Zwölf Boxkämpfer jagen Viktor
Français  Où est passé l'été ?
Ελληνικά  Καλημέρα κόσμε
Русский   Съешь ещё этих булок
עברית     שלום עולם
العربية   مرحبا بالعالم
हिन्दी      नमस्ते दुनिया
中文      你好，世界
日本語    こんにちは世界
한국어    안녕 세상
emoji     🦊 👩‍🚀 🇺🇳 ❤️ 👍🏽
`

// newDemoTree makes the files that a board starts with.
func newDemoTree(now time.Time) (*tree, error) {
	picture, err := sunset(320, 200)
	if err != nil {
		return nil, err
	}
	t := newTree(time.Now)
	t.seed("/README.txt", now, text(readme))
	t.seed("/poem.txt", now, text(poem))
	t.seed("/big/10GiB.bin", now, endless(hugeSize))
	t.seed("/pictures/sunset.png", now, text(picture))
	t.seed("/words/alphabets.txt", now, text(alphabets))
	t.seed("/words/grüße, 世界 🎉.txt", now, text("A name with umlauts, spaces, ideographs and an emoji.\n"))
	for i := 1; i <= manyFiles; i++ {
		name := fmt.Sprintf("/many/file-%05d.txt", i)
		t.seed(name, now, text(fmt.Sprintf("This is file %d of %d.\n", i, manyFiles)))
	}
	t.attach(t.root, "latest", &node{mode: fs.ModeSymlink | 0o777, target: "words/alphabets.txt", modified: now, fixed: true})
	t.attach(t.root, "upload", &node{mode: fs.ModeDir | 0o755, modified: now, children: map[string]*node{}})
	return t, nil
}

// seed adds a file that guests may only read, and the directories to it.
func (t *tree) seed(p string, now time.Time, c content) {
	dir, name := path.Split(p)
	t.attach(t.seedDir(path.Clean(dir), now), name, &node{mode: 0o444, modified: now, fixed: true, content: c})
}

func (t *tree) seedDir(p string, now time.Time) *node {
	if p == "/" {
		return t.root
	}
	parent := t.seedDir(path.Dir(p), now)
	n := parent.children[path.Base(p)]
	if n == nil {
		n = &node{mode: fs.ModeDir | 0o555, modified: now, fixed: true, children: map[string]*node{}}
		t.attach(parent, path.Base(p), n)
	}
	return n
}

// sunset paints a sky, a sun and the sea as a PNG.
func sunset(width, height int) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	horizon, radius := height*3/5, float64(height)/6
	for y := range height {
		for x := range width {
			img.Set(x, y, paint(x, y, horizon, radius, width))
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

func paint(x, y, horizon int, radius float64, width int) color.RGBA {
	fromSun := math.Hypot(float64(x-width/2), float64(y-horizon))
	switch {
	case y < horizon && fromSun < radius:
		return color.RGBA{255, 236, 160, 255}
	case y < horizon:
		k := float64(y) / float64(horizon)
		return color.RGBA{uint8(60 + 190*k), uint8(30 + 100*k), uint8(110 - 30*k), 255}
	}
	wave := math.Sin(float64(x)/9+float64(y*y)/40) * 14
	glow := max(0, 90-math.Abs(float64(x-width/2)))
	return color.RGBA{uint8(40 + wave + glow), uint8(50 + wave + glow/2), uint8(100 + wave), 255}
}
