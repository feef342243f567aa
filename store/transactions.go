package store

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// Transactions are writes whose clients hear later how they ended at the targets. A client is a
// credential of a tenant, and knows of its own ones only. Whatever happens to them, they are
// forgotten after seven days.
type Transactions struct{ db *database }

// transactionsKept is how long a transaction waits for its end and for its client.
const transactionsKept = 7 * 24 * time.Hour

// Transaction is one write of one client.
type Transaction struct {
	ID       string // what the client was told
	Event    string // the id of the event that says how it ended; these rise with time
	Client   string
	Resource string
	Type     string
	Method   string
	Version  int64 // what every link of the resource has to come to
	Status   int   // of the answer when they have
	// Settled is when it was decided how it ended, zero before. Fault and Detail say why it
	// failed, and are empty when it did not. None of them changes any more.
	Settled       time.Time
	Fault, Detail string
}

const transactionColumns = "txn, jti, client, resource, type, method, version, status, settled, fault, detail"

// Open remembers a transaction, unless the tenant has so many already; then it reports false.
// Concurrent calls may exceed the number by as many as they are.
func (x *Transactions) Open(ctx context.Context, tenant string, n Transaction, most int) (opened bool, err error) {
	var open int
	err = x.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM transactions WHERE tenant = $1 AND created > $2`,
		tenant, x.oldest()).Scan(&open)
	if err != nil {
		return false, unavailable("count transactions", err)
	}
	if open >= most {
		return false, nil
	}
	err = x.db.commit.answer(ctx, locks{row: "4 " + tenant}, func(ctx context.Context, t *tx) error {
		err := t.exec(ctx, `DELETE FROM transactions WHERE tenant = $1 AND created <= $2`, tenant, t.now-transactionsKept.Milliseconds())
		if err != nil {
			return err
		}
		return t.exec(ctx, `INSERT INTO transactions (tenant, created, `+transactionColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '')`,
			tenant, t.now, n.ID, n.Event, n.Client, n.Resource, n.Type, n.Method, n.Version, n.Status)
	})
	return err == nil, err
}

func (x *Transactions) oldest() int64 { return x.db.millis() - transactionsKept.Milliseconds() }

// Judgement says when a transaction has ended, and how.
type Judgement struct {
	// Targets are those whose links count.
	Targets []string
	// Aside are the states of links that are given up for now.
	Aside []string
	// Of judges a transaction by the links of its resource. It is asked when none of those
	// that count is behind the transaction's version, or one that is behind is set aside.
	Of func(Transaction, []Link) (ended bool, fault, detail string)
}

// Settle judges the oldest of the client's transactions that may have ended and commits what
// was decided. What is decided stays so.
func (x *Transactions) Settle(ctx context.Context, tenant, client string, j Judgement, limit int) error {
	candidates, err := x.ended(ctx, tenant, client, j, limit)
	if err != nil {
		return err
	}
	links := &Links{x.db}
	var decided []Transaction
	for _, n := range candidates {
		of, err := links.OfResource(ctx, tenant, n.Resource)
		if err != nil {
			return err
		}
		var ended bool
		if ended, n.Fault, n.Detail = j.Of(n, of); ended {
			decided = append(decided, n)
		}
	}
	if len(decided) == 0 {
		return nil
	}
	return x.db.commit.answer(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		for _, n := range decided {
			err := t.exec(ctx, `UPDATE transactions SET settled = $1, fault = $2, detail = $3
				WHERE tenant = $4 AND client = $5 AND jti = $6 AND settled = 0`, t.now, n.Fault, n.Detail, tenant, client, n.Event)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ended reads the transactions that may have ended. A link that is gone is behind nothing.
func (x *Transactions) ended(ctx context.Context, tenant, client string, j Judgement, limit int) ([]Transaction, error) {
	args := []any{tenant, client, x.oldest(), limit}
	list := func(values []string) string {
		text := "NULL" // equals nothing, but a list must not be empty
		for _, v := range values {
			args = append(args, v)
			text += ",$" + strconv.Itoa(len(args))
		}
		return text
	}
	behind := `EXISTS (SELECT 1 FROM links l WHERE l.tenant = transactions.tenant AND l.resource = transactions.resource
		AND l.applied < transactions.version AND l.target IN (` + list(j.Targets) + `)`
	where := `WHERE tenant = $1 AND client = $2 AND settled = 0 AND created > $3
		AND (NOT ` + behind + `) OR ` + behind + ` AND l.state IN (` + list(j.Aside) + `))) ORDER BY jti LIMIT $4`
	return x.list(ctx, where, args...)
}

// Settled returns the client's oldest transactions of which it is decided how they ended.
func (x *Transactions) Settled(ctx context.Context, tenant, client string, limit int) ([]Transaction, error) {
	return x.list(ctx, `WHERE tenant = $1 AND client = $2 AND settled <> 0 AND created > $3 ORDER BY jti LIMIT $4`,
		tenant, client, x.oldest(), limit)
}

func (x *Transactions) list(ctx context.Context, where string, args ...any) ([]Transaction, error) {
	rows, err := x.db.read.QueryContext(ctx, `SELECT `+transactionColumns+` FROM transactions `+where, args...)
	if err != nil {
		return nil, unavailable("read transactions", err)
	}
	var found []Transaction
	err = eachRow(rows, func(scan func(...any) error) error {
		n, err := scanTransaction(scan)
		found = append(found, n)
		return err
	})
	return found, unavailable("read transactions", err)
}

func scanTransaction(scan func(...any) error) (n Transaction, err error) {
	var settled int64
	err = scan(&n.ID, &n.Event, &n.Client, &n.Resource, &n.Type, &n.Method, &n.Version, &n.Status, &settled, &n.Fault, &n.Detail)
	n.Settled = fromMillis(settled)
	return n, err
}

// Forget drops those of the client's settled transactions whose events it has received. Ids
// that it has not are passed over.
func (x *Transactions) Forget(ctx context.Context, tenant, client string, events []string) error {
	if len(events) == 0 {
		return nil
	}
	slices.Sort(events)
	return x.db.commit.answer(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		return in([]any{tenant, client}, events, func(list string, args []any) error {
			return t.exec(ctx, `DELETE FROM transactions WHERE tenant = $1 AND client = $2 AND settled <> 0 AND jti IN `+list, args...)
		})
	})
}
