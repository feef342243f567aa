package queue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Condition is how what carries a transport's rings is. The zero Condition is well.
type Condition struct {
	Down   bool
	Reason string // a word, empty when it is well
	Detail string // for an operator
}

// fullMemory is the part of its memory from which on Redis is nearly full.
const fullMemory = 0.9

// Condition asks Redis how it is, on a connection of its own. Nothing that Redis may do loses a
// change; whatever is wrong with it costs time until it is noticed.
func (a *Asynq) Condition(ctx context.Context) Condition {
	ctx, cancel := context.WithTimeout(ctx, ringLimit)
	defer cancel()
	text, err := a.look.Info(ctx, "memory").Result()
	if err != nil {
		return Condition{Down: true, Reason: "down", Detail: "redis does not answer: turns wait for the sweeper"}
	}
	return judgeMemory(parseInfo(text))
}

// judgeMemory reads what Redis says of its memory. Another policy than noeviction lets it throw
// away the leases of work in progress (reliability rules M5 and 1.2).
func judgeMemory(info map[string]string) Condition {
	if policy := info["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		return Condition{Reason: "eviction", Detail: fmt.Sprintf("redis may throw away what it holds: its maxmemory-policy is %s, set it to noeviction", clipWord(policy))}
	}
	used, _ := strconv.ParseFloat(info["used_memory"], 64)
	most, _ := strconv.ParseFloat(info["maxmemory"], 64)
	if most > 0 && used >= fullMemory*most {
		return Condition{Reason: "memory", Detail: fmt.Sprintf("redis has used %.0f %% of its memory: rings are lost when it is full, and turns wait for the sweeper", 100*used/most)}
	}
	return Condition{}
}

func clipWord(word string) string { return word[:min(len(word), 40)] }

func parseInfo(text string) map[string]string {
	info := make(map[string]string)
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}
