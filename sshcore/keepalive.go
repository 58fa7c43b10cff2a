package sshcore

import "time"

// maxSilence is after how many unanswered signs of life we give up.
const maxSilence = 3

// keepAlive asks the server for a sign of life now and then. Whatever comes
// from it counts as one: an answer may well queue behind a big file.
func (c *Client) keepAlive(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	answered := make(chan struct{}, 1)
	waiting, silent, heard := false, 0, c.tap.in.Load()
	for {
		select {
		case <-c.done:
			return
		case <-answered:
			waiting = false
		case <-ticker.C:
			away, _ := c.cfg.away()
			if now := c.tap.in.Load(); now != heard || !waiting || away {
				silent, heard = 0, now
			} else if silent++; silent == maxSilence {
				c.tap.abort(&ClosedError{Reason: ClosedKeepAlive})
				return
			}
			if !waiting {
				waiting = true
				go c.ping(answered)
			}
		}
	}
}

// ping asks and takes the time. Every server has to answer, if only that it
// does not know the request (RFC 4254 section 4). It ends with the connection.
func (c *Client) ping(answered chan<- struct{}) {
	start := time.Now()
	awayThen, before := c.cfg.away()
	_, _, err := c.conn.SendRequest("keepalive@openssh.com", true, nil)
	if err == nil {
		// What an absence of the transport adds is no round trip.
		if _, after := c.cfg.away(); !awayThen && after == before {
			c.rtt.Store(int64(time.Since(start)))
		}
		answered <- struct{}{}
	}
}
