package filter

// Op is a comparison operator (RFC 7644 table 3).
type Op string

// The operators.
const (
	Equal          Op = "eq"
	NotEqual       Op = "ne"
	Contains       Op = "co"
	StartsWith     Op = "sw"
	EndsWith       Op = "ew"
	Greater        Op = "gt"
	GreaterOrEqual Op = "ge"
	Less           Op = "lt"
	LessOrEqual    Op = "le"
	Present        Op = "pr"
)

// Expr is a parsed filter: And, Or, Not, Comparison or Elements.
type Expr interface{ expr() }

// And holds when all its terms hold.
type And struct{ Terms []Expr }

// Or holds when one of its terms holds.
type Or struct{ Terms []Expr }

// Not holds when its term does not.
type Not struct{ Term Expr }

// Comparison compares an attribute with a literal. Present has no literal.
type Comparison struct {
	Attribute string // as written, with its URN if it had one
	Op        Op
	Value     Literal
	Position  int // of the attribute in the text, from 1
}

// Elements holds when one and the same element of a multi-valued attribute satisfies
// Where, whose attributes are the element's. The form attr[a].b eq "x" is Elements too,
// with the comparison of b as one more term of Where.
type Elements struct {
	Attribute string
	Where     Expr
	Position  int
}

func (And) expr()        {}
func (Or) expr()         {}
func (Not) expr()        {}
func (Comparison) expr() {}
func (Elements) expr()   {}

// Kind is what a literal is in the text.
type Kind int

// The kinds. Bare is a token without quotes that is nothing else: Microsoft's own examples
// leave the quotes away (E-13, V-61).
const (
	Null Kind = iota
	Text
	Number
	Boolean
	Bare
)

// Literal is the right-hand side of a comparison. Text holds a string's content, or the
// token as written.
type Literal struct {
	Kind Kind
	Text string
}
