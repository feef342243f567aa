package main

import (
	"testing"
	"time"

	"scimrelay/configs"
)

// An orchestrator gives a process 45 seconds and then kills it.
func TestALeavingProcessHasTimeForEveryStep(t *testing.T) {
	t.Parallel()
	c, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if all := time.Duration(c.Server.Drain) + finish + lastSeal + lastSpans + letGo; all >= 45*time.Second || all != time.Duration(c.Server.Drain)+afterDrain {
		t.Errorf("it may take %v", all)
	}
	if finish < 30*time.Second {
		t.Errorf("%v is less than a request may take to arrive", finish)
	}
}
