// Package notify tells tenants and the operator what they have to know of a target: it takes the
// notices that the store keeps, finds the addresses they go to, puts them into words, sends them
// and says what became of it. At least once, in normal life once, and at most one message an
// hour to one address of one tenant.
//
// What there is to tell is quarantine's and whoever keeps the notice; that nothing is lost or
// sent twice is store's; how an e-mail or a webhook is carried is notify/smtp's and
// connectors/webhook's.
package notify
