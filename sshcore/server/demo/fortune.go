package demo

import "math/rand/v2"

var fortunes = []string{
	"A tunnel has two ends. Check both before you complain about the middle.",
	"The password was right. The caps lock was righter.",
	"Somewhere a log file is filling up because of you. Be kind to it.",
	"There are ten thousand files in many/, and one of them is lucky today.",
	"Every cable was once somebody's weekend.",
	"A machine that you can reach is a machine that you can be late for.",
	"You will soon meet a stranger. Compare fingerprints.",
	"Latency is the tax that distance collects from impatience.",
	"Do not fear the blinking cursor. It is waiting, not judging.",
	"The backup that was never restored is a rumour.",
}

func fortune() string { return fortunes[rand.IntN(len(fortunes))] }
