"""What the figures of `docs/benchmarks/fanout.md` mean."""

EXPLANATION = """\
## What is measured
- **Deliveries/s**: events received by all listeners together, counted by the listeners, while the server is
  given as many events as get through ({seconds:g} s; nobody falls behind by more than 256 KiB). Where the
  listeners' core is the busier one, the server could have done more than the table says.
- **Late by**: from the moment of sending, which stands in the event, to the moment at which the listener's
  kernel had it (`SO_TIMESTAMPNS`; of several that are read at once, the last one's), at {deliveries:,}
  deliveries/s for
  {rate_seconds:g} s. Both are of one clock. So the place of a listener in the server's row counts, its place
  in the row of the one process that reads for all of them does not: real listeners have a machine each.
- **KB per idle connection**: by how much the server's resident memory grows with each connection, from a
  fifth of them to all, while nothing is sent, after a collection of garbage. A KB is 1,000 bytes.
- The listeners are raw sockets in one process that shakes hands, reads frames, answers pings and nothing
  more, the same for every server. A run in which one of them loses or doubles an event, or is cut off, ends
  with an error.
- The event is what another system says of a variant's stock: exactly one message for each listener, put
  together and encoded anew each time, by all, with the moment in it. Socket.IO clients get the same bytes of
  all servers, and bare `ws` sends them too; on Stockwire's `/ws` it is the longer event of that dialect.

## Who is compared
- **{socketio}**: the live process of `manage.py serve --role live`, with its doors, hub and transport, on
  `/socket.io/` over WebSocket; guests, who are in the room `storefront` at once. Events are made in that
  process and enter by the hub's own door for events that have no place in the log. From there on all is as
  always: built once, encoded once, framed once, joined within 2 ms, written to everybody.
- **{through_log}**: the same process. Another one, on the listeners' core, commits the events to PostgreSQL;
  the relay numbers them, the hub follows. Late by: from before the transaction.
- **{ws}**: the live process again, on its plain WebSocket.
- **{node_socketio}**: `io.to(room).emit(…)` in the process that has the connections, as a shop's own server
  does; the adapter delivers it there, and publishes it to Redis for the others. Compression off (its
  default), `bufferutil` where there is a ready-made one, `NODE_ENV=production`.
- **{node_ws}**: does nothing but broadcast: encode once, `client.send(buffer)` for each, deflate off.

Neither Node server has a log, a database, a resume or rights.

## The whole path
Stockwire as in production, one `web` and one `live` process, PostgreSQL (durable: fsync on) and Redis, the
listeners, and whoever sells. None of them is given a core here: all run where the kernel puts them. A process
with 16 kept connections and an API key sells with `POST /api/stock/reduce?orderId=…`, one each of some of a
hundred products, and begins each sale at its own moment, whatever became of those before it. A sale is one
transaction; each of its items is an event, of which every client gets `STOCK_REDUCED` (which is timed) and
`inventory_update`. A hundred of the clients are timed; the others are read each 50 ms. *Events/s* is what
there were: where it is less than the pace, these two cores can't answer so many requests.

*Since COMMIT* is from PostgreSQL's own moment (`track_commit_timestamp`), taken when the commit begins,
before it is written to disk. *Since the request was sent* has all of it in it, from before the first byte of
the request.

## Somebody else's trouble
At {deliveries:,} deliveries/s to Socket.IO clients. *Handlers wait*: ten clients send `authenticate` while
another transaction keeps `identity_user` locked for 2 s; how long they waited is in the last column.
*Stopped*: one client more, whose process is stopped; what was meant for it waits, first in the kernel, then
in the server, until it is cut: the last column says when, from the beginning of the steady rate.
"""
