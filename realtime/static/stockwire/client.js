// A live connection that loses nothing: state is fetched, its place in the event log is remembered, and every
// connection after that goes on from there. Knows nothing of shops; what events mean is the caller's business.
// It needs nothing else, in a browser or in Node, and is described in docs/client.md; types are in client.d.ts.
//
//   const client = new LiveClient({topics: ["products", "stock"], snapshot, onEvent, onState});
//   client.start();
//
// `snapshot()` fetches the caller's state afresh and resolves to its `X-Event-Cursor`. It is called at the start
// and whenever the server can't go on from where we were; without one the connection begins at `cursor`, or now,
// and `onLost` tells of what can't be caught up. `onEvent(event)` hears each durable event once, in order.
// `token` is a JWT, or a function that gives one, asked for each connection. `onClock(milliseconds)`
// tells what time it is on the server. `onState({state, retryAt, reason})` tells how things stand:
//
//   loading     fetching state           connecting  on the way to the server
//   live        hearing every change     waiting     will try again at `retryAt`
//   stopped     the server said to stay away (`reason` is its close code): `retry()` or `authenticate()`

const BACKOFF_SECONDS = [2, 4, 8, 16, 32];
const STAY_AWAY = { from: 3500, to: 3999 };
const NORMAL = 1000;
const DEFAULT_HEARTBEAT_SECONDS = 25;
const PONG_MILLISECONDS = 5_000;
const STEADY_MILLISECONDS = 10_000;
const CONNECT_MILLISECONDS = 15_000;
const REMEMBERED_IDS = 2_048;
const PROTOCOL = "stockwire.v1";
const nothing = () => {};

export class LiveClient {
  #options;
  #socket = null;
  #cursor = null;
  #topics;
  // Topics that were joined later and whose past is still to come: each with the place that it begins at.
  #behind = new Map();
  #asked = new Map();
  #ref = 0;
  #token;
  #started = false;
  #tries = 0;
  #losses = 0;
  #state = { state: "idle", retryAt: null, reason: null };
  #seen = new RecentIds(REMEMBERED_IDS);
  #timers = new Map();
  #attempt = 0;

  constructor({
    topics = ["products"],
    snapshot = null,
    cursor = null,
    token = null,
    onEvent = nothing,
    onState = nothing,
    onClock = nothing,
    onLost = nothing,
    onRefused = nothing,
    onError = nothing,
    url = "/ws",
    WebSocket = globalThis.WebSocket,
    random = Math.random,
    window = globalThis,
  } = {}) {
    const told = { onEvent, onState, onClock, onLost, onRefused, onError };
    this.#options = { snapshot, ...told, url, WebSocket, random, window };
    this.#topics = new Set(topics);
    this.#cursor = cursor;
    this.#token = token;
  }

  get state() {
    return this.#state;
  }

  /** The place up to which everything was heard: another client can begin there. */
  get cursor() {
    return this.#cursor;
  }

  get topics() {
    return [...this.#topics, ...this.#behind.keys()];
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

  /** Try at once, whatever the state: somebody pressed the button. */
  retry() {
    if (!this.#started) return;
    this.#tries = 0;
    this.#drop();
    this.#connect();
  }

  /** Hear these too. With the `X-Event-Cursor` of what was fetched for them, also what came since. */
  subscribe(topics, { cursor = null } = {}) {
    const added = [topics].flat().filter((topic) => !this.#topics.has(topic) && !this.#behind.has(topic));
    if (!added.length) return;
    for (const topic of added) {
      if (cursor === null) this.#topics.add(topic);
      else this.#behind.set(topic, cursor);
    }
    if (this.#state.state !== "live") return;
    if (cursor === null) this.#say({ type: "subscribe", topics: added });
    else this.#catchUp(added, cursor);
  }

  unsubscribe(topics) {
    const removed = [topics].flat().filter((topic) => this.#topics.delete(topic) || this.#behind.delete(topic));
    if (removed.length && this.#state.state === "live") this.#say({ type: "unsubscribe", topics: removed });
  }

  /** A fresh token, for this connection and those to come. Resolves to who one is, or to null where there is no
      connection to tell it over just now. */
  authenticate(token) {
    this.#token = token;
    if (this.#state.state === "live") {
      return new Promise((resolve, reject) => this.#say({ type: "auth", token }, { resolve, reject }));
    }
    if (["stopped", "waiting"].includes(this.#state.state)) this.retry();
    return Promise.resolve(null);
  }

  // The network is back, or the tab woke up: don't sit out the wait, and don't trust a silent connection.
  #wake = () => {
    if (this.#options.window.document?.visibilityState === "hidden") return;
    if (this.#state.state === "waiting") this.retry();
    else if (this.#state.state === "live") this.#probe();
  };

  async #connect() {
    const attempt = ++this.#attempt;
    let token = null;
    if (this.#cursor === null && this.#options.snapshot) {
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
    if (this.#token !== null) {
      try {
        token = typeof this.#token === "function" ? await this.#token() : this.#token;
      } catch (error) {
        if (attempt === this.#attempt) this.#wait(error);
        return;
      }
      if (attempt !== this.#attempt) return;
    }
    this.#open(token);
  }

  #open(token) {
    const { WebSocket } = this.#options;
    let socket;
    try {
      // A page can set no header: the token goes along as a subprotocol.
      socket = new WebSocket(this.#address(), token ? [PROTOCOL, `bearer.${token}`] : [PROTOCOL]);
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
    const address = new URL(this.#options.url, globalThis.location?.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("topics", [...this.#topics].join(","));
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
    else this.#answered(message, this.#asked.get(message.ref));
  }

  // `asked` is what we said, where it answers that; the URL's own topics and cursor are answered without.
  #answered(message, asked) {
    if (message.ref !== undefined) this.#asked.delete(message.ref);
    if (message.refused?.length) this.#refused(message.refused);
    switch (message.type) {
      case "resumed":
        if (asked) for (const topic of asked.topics) this.#settle(topic);
        if (!message.recovered) this.#lost(message.reason, asked ? asked.topics : null);
        // Whatever became of it, all that comes after this place is heard.
        if (this.#cursor !== null) this.#cursor = message.cursor ?? this.#cursor;
        break;
      case "auth.ok":
        asked?.resolve?.(message.user);
        break;
      case "error":
        if (asked?.reject) asked.reject(Object.assign(new Error(message.message), { code: message.code }));
        else this.#options.onError({ code: message.code, message: message.message });
    }
  }

  #refused(refused) {
    for (const { topic } of refused) this.#topics.delete(topic) || this.#behind.delete(topic);
    this.#options.onRefused(refused);
  }

  #settle(topic) {
    if (this.#behind.delete(topic)) this.#topics.add(topic);
  }

  #say(message, { topics = message.topics, resolve, reject } = {}) {
    this.#asked.set(++this.#ref, { topics, resolve, reject });
    this.#socket.send(JSON.stringify({ ...message, ref: this.#ref }));
  }

  #catchUp(topics, cursor) {
    this.#say({ type: "resume", cursor, topics });
  }

  #event(event) {
    // An event without a cursor is ephemeral: nothing can be resumed from it. While a topic is catching up its
    // events are older than what the others have told, and no place to come back to.
    if (event.cursor && !this.#behind.size) this.#cursor = event.cursor;
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
    for (const [topic, cursor] of this.#behind) this.#catchUp([topic], cursor);
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

  // The caller fetches what it has to, or has given a `snapshot` for all of it. The server is there, so the first
  // time nobody has to wait for it: whoever lost the place alone is alone, and after a restart the waits have
  // spread everybody already.
  #lost(reason, topics) {
    this.#options.onLost({ reason, topics: topics ?? this.topics });
    if (topics || !this.#options.snapshot) return;
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
    for (const { resolve } of this.#asked.values()) resolve?.(null);
    this.#asked.clear();
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
