package main

import (
	"strings"
	"testing"
)

func TestNoticesHoldEveryLicenceWhole(t *testing.T) {
	text := notices([]component{
		{name: "one 1.0.0", licence: "MIT", text: "Permission is hereby granted, by one."},
		{name: "two 2.0.0", licence: "ISC", text: "Permission to use, by two."},
	})
	for _, want := range []string{"one 1.0.0 (MIT)", "by one.", "two 2.0.0 (ISC)", "by two."} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands %d times in\n%s", want, strings.Count(text, want), text)
		}
	}
}
