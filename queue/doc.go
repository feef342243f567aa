// Package queue gives targets their turns: it rings when a target has due links, serves turns
// one target at a time, and sweeps for rings that were lost. A ring carries the target's name
// and nothing else, so that losing, doubling or delaying one costs time and never a change.
//
// It knows targets and no vendor and no SCIM: what a turn does to a link is relay's, and
// which links are due is store's. Rings travel by one of two transports, in-process or Asynq.
package queue
