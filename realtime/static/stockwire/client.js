// A live connection that loses nothing: state is fetched, its place in the event log is remembered, and every
// connection after that goes on from there. Knows nothing of shops; what events mean is the caller's business.
//
//   const client = new LiveClient({topics: ["products", "stock"], snapshot, onEvent, onState});
//   client.start();
//
// `snapshot()` fetches the caller's state afresh and resolves to its `X-Event-Cursor`. It is called at the start
// and whenever the server can't go on from where we were. `onEvent(event)` hears each durable event once, in
// order. `onClock(milliseconds)` tells what time it is on the server, at each connection.
// `onState({state, retryAt, reason})` tells how things stand:
//
//   loading     fetching state           connecting  on the way to the server
//   live        hearing every change     waiting     will try again at `retryAt`
//   stopped     the server said to stay away (`reason` is its close code); only `retry()` tries again

const BACKOFF_SECONDS = [2, 4, 8, 16, 32];
const LOST_ITS_PLACE = 3010;
const STAY_AWAY = { from: 3500, to: 3999 };
const NORMAL = 1000;
const DEFAULT_HEARTBEAT_SECONDS = 25;
const PONG_MILLISECONDS = 5_000;
const STEADY_MILLISECONDS = 10_000;
const CONNECT_MILLISECONDS = 15_000;
const REMEMBERED_IDS = 2_048;

export class LiveClient {
  #options;
  #socket = null;
  #cursor = null;
  #started = false;
  #tries = 0;
  #losses = 0;
  #state = { state: "idle", retryAt: null, reason: null };
  #seen = new RecentIds(REMEMBERED_IDS);
  #timers = new Map();
  #attempt = 0;

  constructor({
    topics,
    snapshot,
    onEvent,
    onState = () => {},
    onClock = () => {},
    url = "/ws",
    WebSocket = globalThis.WebSocket,
    random = Math.random,
    window = globalThis,
  }) {
    this.#options = { topics, snapshot, onEvent, onState, onClock, url, WebSocket, random, window };
  }

  get state() {
    return this.#state;
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    const { window } = this.#options;
    window.addEventListener?.("online", this.#wake);
    window.addEventListener?.("pageshow", this.#wake);
    window.document?.addEventListener("visibilitychange", this.#wake);
    this.#connect();
  }

  stop() {
    this.#started = false;
    const { window } = this.#options;
    window.removeEventListener?.("online", this.#wake);
    window.removeEventListener?.("pageshow", this.#wake);
    window.document?.removeEventListener("visibilitychange", this.#wake);
    this.#drop();
    this.#tell("idle");
  }

  /** Hear of these too, from now on and after each return. What was before it is the caller's to fetch. */
  listen(topics) {
    const known = this.#options.topics;
    const added = topics.filter((topic) => !known.includes(topic));
    known.push(...added);
    if (added.length && this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ type: "subscribe", topics: added }));
  }

  /** Try at once, whatever the state: somebody pressed the button. */
  retry() {
    if (!this.#started) return;
    this.#tries = 0;
    this.#drop();
    this.#connect();
  }

  // The network is back, or the tab woke up: don't sit out the wait, and don't trust a silent connection.
  #wake = () => {
    if (this.#options.window.document?.visibilityState === "hidden") return;
    if (this.#state.state === "waiting") this.retry();
    else if (this.#state.state === "live") this.#probe();
  };

  async #connect() {
    const attempt = ++this.#attempt;
    if (this.#cursor === null) {
      this.#tell("loading");
      try {
        const cursor = await this.#options.snapshot();
        if (attempt !== this.#attempt) return;
        this.#cursor = cursor;
      } catch (error) {
        if (attempt === this.#attempt) this.#wait(error);
        return;
      }
    }
    this.#tell("connecting");
    this.#open();
  }

  #open() {
    const { WebSocket } = this.#options;
    let socket;
    try {
      socket = new WebSocket(this.#address());
    } catch (error) {
      this.#wait(error);
      return;
    }
    this.#socket = socket;
    this.#after("connect", CONNECT_MILLISECONDS, () => this.#reconnect());
    const current = (handle) => (argument) => socket === this.#socket && handle(argument);
    socket.addEventListener("message", current(({ data }) => this.#hear(data)));
    socket.addEventListener("close", current(({ code }) => this.#closed(code)));
  }

  #address() {
    const { url, topics } = this.#options;
    const address = new URL(url, globalThis.location?.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("topics", topics.join(","));
    if (this.#cursor) address.searchParams.set("cursor", this.#cursor);
    return address.href;
  }

  #hear(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    this.#cancel("pong");
    if (message.data !== undefined && message.id !== undefined) this.#event(message);
    else if (message.type === "hello") this.#hello(message);
    else if (message.recovered === false) this.#lostPlace();
  }

  #event(event) {
    // An event without a cursor is ephemeral: nothing can be resumed from it.
    if (event.cursor) this.#cursor = event.cursor;
    if (this.#seen.add(event.id)) this.#options.onEvent(event);
  }

  // Its cursor is not taken: what was missed may only now be on its way, and the connection can break before.
  #hello(message) {
    this.#cancel("connect");
    this.#after("steady", STEADY_MILLISECONDS, () => (this.#tries = this.#losses = 0));
    this.#heartbeat((message.heartbeat ?? DEFAULT_HEARTBEAT_SECONDS) * 1000);
    this.#cursor ??= message.cursor ?? null;
    const serverTime = Date.parse(message.server_time);
    if (Number.isFinite(serverTime)) this.#options.onClock(serverTime);
    this.#tell("live");
  }

  // The server's pings are answered by the browser unseen; a page must ask for itself whether the line is dead.
  #heartbeat(interval) {
    this.#after("heartbeat", interval, () => {
      this.#probe();
      this.#heartbeat(interval);
    });
  }

  #probe() {
    if (this.#socket?.readyState !== 1 || this.#timers.has("pong")) return;
    this.#socket.send('{"type":"ping"}');
    this.#after("pong", PONG_MILLISECONDS, () => this.#reconnect());
  }

  #reconnect() {
    this.#drop();
    this.#wait();
  }

  // The server is there, so the first time nobody has to wait for it: whoever lost the place alone is alone, and
  // after a restart the waits have spread everybody already.
  #lostPlace() {
    this.#cursor = null;
    this.#drop();
    this.#losses += 1;
    if (this.#losses === 1) this.#connect();
    else this.#wait();
  }

  #closed(code) {
    this.#drop();
    if (code >= STAY_AWAY.from && code <= STAY_AWAY.to) {
      this.#tell("stopped", { reason: code });
      return;
    }
    if (code === LOST_ITS_PLACE) this.#cursor = null;
    this.#wait();
  }

  // Jitter, since a restarted server sees everybody come back at once.
  #wait(error = null) {
    const seconds = BACKOFF_SECONDS[Math.min(this.#tries, BACKOFF_SECONDS.length - 1)];
    this.#tries += 1;
    const delay = seconds * 1000 * (0.75 + this.#options.random() / 2);
    this.#after("retry", delay, () => this.#connect());
    this.#tell("waiting", { retryAt: Date.now() + delay, reason: error });
  }

  #drop() {
    this.#attempt += 1;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= 1) socket.close(NORMAL);
  }

  #after(name, delay, action) {
    this.#cancel(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, delay);
    this.#timers.set(name, timer);
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #tell(state, { retryAt = null, reason = null } = {}) {
    this.#state = { state, retryAt, reason };
    this.#options.onState(this.#state);
  }
}

/** The newest ids, in two generations: never more than twice `limit`, and no bookkeeping per id. */
class RecentIds {
  #limit;
  #young = new Set();
  #old = new Set();

  constructor(limit) {
    this.#limit = limit;
  }

  /** False where the id was added before. */
  add(id) {
    if (this.#young.has(id) || this.#old.has(id)) return false;
    this.#young.add(id);
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return true;
  }
}
