// Package simhost serves the simulators of products over HTTP: each under its own name, with
// its accounts, the calls it got and the faults it was told to show beside it, and ready
// tenant files for a gateway to be pointed at it.
//
// It knows how an answer is lost, delayed or garbled, which is the same for all, and has the parts
// that simulators are built of: reading knobs and bodies, counting calls for a limit, keeping what
// was for lists that lag. What a vendor says is each simulator's. It keeps everything in memory and guards nothing: it is for tests,
// demonstrations and development.
package simhost
