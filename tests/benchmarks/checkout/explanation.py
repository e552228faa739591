"""What the figures of `docs/benchmarks/checkout.md` mean."""

EXPLANATION = """\
## What is measured
- **A checkout** is what a client of the API sends: `POST /api/cart/items` (a cart, a line), `POST
  /api/orders` (the address, the way to pay; it orders the cart), `POST /api/payments` (`cod`). Each of
  {shoppers} customers has a kept connection and a token of an own sign-in, and sends one request after
  the other, without a pause, for {seconds:g} s. A checkout counts when its last answer is there, and a
  run in which one request is refused ends with an error.
- **Placing** is the second of the three, from before its first byte to after its last, {shoppers} at a
  time: most of it is waiting for the others.
- **Distinct products**: each customer buys a product of their own. **One hot product**: all the same size
  of the same one. **Stored**: {stored:,} orders with their lines, history and payments were in the tables
  before.
- **Server**: one process of `manage.py serve --role web`, with the settings that it has on its own, on
  one core. PostgreSQL (fsync on) and the load have the other. What it costs is its processor time, user
  and system.
- **Statements** are counted at the wire before PostgreSQL, BEGIN and COMMIT among them, of one customer
  after a few checkouts.
- **A rush**: {rushing} customers have the same size of a product in their carts, of which there are
  {scarce}, and place at the same moment. Afterwards the ledger is recomputed (`verify_stock`).
- **Lists** are read without a token, by {shoppers} at a time; each has twenty products of three sizes,
  with prices and the stock of each.

Every measurement has a copy of the same database and a server freshly started, and two seconds to warm
up. No `live` process runs beside it: events are recorded with each checkout, and numbered and delivered
by nobody.

## Who is compared
Two leading back ends for shops in Node, measured in the same way (cart, line, address, payment, order) on
a machine like this one: {their_orders:g} and 1.3 orders a second, p99 of placing 575 and 5,198 ms, 271
and 602 statements for each order; of 240 who place at once for 100 units one accepts all 240, the other
26 to 37; 22 and 29 lists a second.
"""
