// Package signin finds out who is at the browser that asks for the relay: by a
// link that was printed at the start, by a password, by a header that a proxy in
// front sets, or by an OpenID provider.
//
// Whatever the way, its result is a cookie that the gateway has signed, or for
// the header nothing: a proxy says it again with each request. The cookie is
// HttpOnly and SameSite=Strict, and has the prefix __Host- where there is https.
// What it says is checked with each request: a user who was taken out of the file
// of passwords, or has signed out, is nobody.
//
// A sign-in lasts for a while. What was begun with it may go on after that, so
// that a connection which is lost in the meantime can be resumed, but nothing new
// can be begun: see [User].
package signin
