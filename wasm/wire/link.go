package wire

// Link tells that the way to the relay was lost and is looked for again, or that
// it works again. Meanwhile everything waits, and nothing is lost.
type Link struct {
	Up      bool `js:"up"`
	Attempt int  `js:"attempt"` // at reaching the relay, from 1
	WaitMs  int  `js:"waitMs"`  // until that attempt; 0: it is being made
	AwayMs  int  `js:"awayMs"`  // since the loss
	HoldMs  int  `js:"holdMs"`  // for so long after the loss the relay keeps the session
}

// GoAway tells that the relay is about to stop.
type GoAway struct {
	AfterMs int `js:"afterMs"` // then it ends the connection; 0: at any moment
}
