// Package sshtest holds the servers that the tests of sshcore talk to: one in
// memory, hostile ones, and a real OpenSSH.
package sshtest
