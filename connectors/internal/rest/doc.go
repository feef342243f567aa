// Package rest is the only outbound HTTP client: every call of every connector leaves here,
// paced, bounded in time and size, guarded against addresses it must not reach, traced
// without personal data, and its outcome classed once as a *connectors.Fault.
//
// It knows no product: what a vendor's answer means beyond its status is the product's
// Classify, and sessions, paging and retries of any kind are the product's and the relay's.
package rest
