// Package sim simulates the user APIs of the two products that come with the gateway as YAML
// files, as far as they are known: GitLab (self-managed, REST v4) and Zendesk Support (v2). What
// is documented and what is not stands at the top of configs/products/gitlab.yaml and
// configs/products/zendesk.yaml.
//
// ASSUMED is, of GitLab: the words and the status when no seat is left, that only active users
// take one, that lists may lag behind, the form of the cursor in keyset links. ASSUMED is, of
// Zendesk: that suspended may be sent with a creation, how email: matches (here by any part of the
// address, which is the least helpful), that a phone number must be E.164, the words and the
// status when no agent seat is left, that suspended agents take none.
//
// The credentials say whose data a call is about, and the data of two customers share nothing but
// the sequence of ids: the token glpat-X is customer X's at GitLab; admin@X.example with the API
// token api-X, or the OAuth token oauth-X, at Zendesk. The administrator of the token is in no
// list. HTTP faults are simhost's.
package sim
