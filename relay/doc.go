// Package relay closes the gap between what a tenant wants and what a vendor has. Reconcile
// is level-triggered: create, update, deactivate and delete are one comparison of a link's
// wanted resource with the vendor's account, and everything may run twice.
//
// It owns the consequence of every fault (one table, consequence.go) and the rules that keep
// an account from being made twice. When a target's turn comes is queue's, how a vendor is
// spoken to is connectors', and what must survive is store's.
package relay
