// Package cursor owns the cursors of cursor-based paging (RFC 9865): opaque text that says
// where the next page begins. A cursor is encrypted, for it holds values of resources,
// authenticated, and bound to whom it was given and what was asked. It gives no right by
// itself: who may read what is asked anew on every page.
//
// What a page's order is and where in it a resource stands is scim/order's; reading pages
// is the store's, and the parameters are scim/server's.
package cursor
