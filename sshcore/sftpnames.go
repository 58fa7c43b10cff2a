package sshcore

import "strings"

// goodName tells whether a name from a listing names something in that
// directory and nothing else. "." and ".." are not among those: honest servers
// list them, and they are left out before.
func goodName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// childPath is the path of an entry of a directory. Other than path.Join it
// does not clean: "a/../b" is another file than "b" if a is a link.
func childPath(dir, name string) string {
	switch {
	case dir == "":
		return name
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// splitPath separates the last part of a path from what is before it, which
// keeps its slash, so that the two joined are the path.
func splitPath(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:i+1], name[i+1:]
}

// longnameOwners takes owner and group from the line in the manner of "ls -l"
// that version 3 sends with each entry of a listing. Section 7 recommends its
// form and warns of parsing it: so only what fits is taken, and only for display.
func longnameOwners(line string) (owner, group string) {
	parts := strings.Fields(line)
	if len(parts) < 8 || len(parts[0]) < 10 || !strings.ContainsRune("-dlbcps", rune(line[0])) {
		return "", ""
	}
	for _, digit := range parts[1] {
		if (digit < '0' || digit > '9') && digit != '?' { // OpenSSH writes "?" for the links
			return "", ""
		}
	}
	return parts[2], parts[3]
}
