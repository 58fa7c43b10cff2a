package sshcore

// Step names a stage in the life of a connection.
type Step string

// The steps, in their order. StepRekey may come any number of times after
// StepReady, and StepChannel.
const (
	StepKex     Step = "kex"     // Detail: the server's version
	StepHostKey Step = "hostkey" // Detail: type and fingerprint
	StepAuth    Step = "auth"    // Detail: the method; once an attempt
	StepReady   Step = "ready"   // Detail: the agreed key exchange and ciphers
	StepRekey   Step = "rekey"   // Detail: empty
	StepChannel Step = "channel" // Detail: its type; a warning if it was refused
	StepClosed  Step = "closed"  // Detail: why
)

// traceOpen tells what became of a channel of ours. What runs in it, and where
// it leads, is nobody's business.
func (c *Client) traceOpen(kind string, err error) {
	if err != nil {
		c.cfg.warn(StepChannel, kind+": "+err.Error())
		return
	}
	c.cfg.trace(StepChannel, kind)
}

// Event is what Config.Trace is told. It never holds a secret.
type Event struct {
	Step    Step
	Detail  string
	Warning bool // Detail is something that a person should know
}
