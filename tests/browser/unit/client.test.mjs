import assert from "node:assert/strict";
import test from "node:test";

import { LiveClient } from "../../../realtime/static/stockwire/client.js";

const JITTER_FREE = () => 0.5;

class FakeSocket extends EventTarget {
  static made = [];

  constructor(address, protocols) {
    super();
    this.protocols = protocols;
    this.address = new URL(address);
    this.readyState = 0;
    this.sent = [];
    FakeSocket.made.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  says(message) {
    this.readyState = 1;
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }

  breaks(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

function fakeWindow() {
  return Object.assign(new EventTarget(), {
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  });
}

async function started(t, { cursors = ["c0", "c100", "c200"], random = JITTER_FREE, ...options } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  FakeSocket.made = [];
  const heard = [];
  const states = [];
  const snapshots = [];
  const window = fakeWindow();
  const client = new LiveClient({
    topics: ["products", "stock"],
    url: "ws://shop.test/ws",
    snapshot: async () => {
      snapshots.push(Date.now());
      const cursor = cursors.shift();
      if (cursor instanceof Error) throw cursor;
      return cursor;
    },
    onEvent: (event) => heard.push(event.id),
    onState: ({ state }) => states.push(state),
    WebSocket: FakeSocket,
    random,
    window,
    ...options,
  });
  client.start();
  await settle();
  return { client, heard, states, snapshots, window, last: () => FakeSocket.made.at(-1) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const hello = { type: "hello", cursor: "c900", heartbeat: 25 };
const event = (number) => ({ id: `evt_${number}`, type: "stock.reduced", data: {}, cursor: `c${number}` });

test("state is fetched first, and the connection goes on from its cursor", async (t) => {
  const { states, last } = await started(t);
  assert.equal(last().address.href, "ws://shop.test/ws?topics=products%2Cstock&cursor=c0");
  last().says(hello);
  assert.deepEqual(states, ["loading", "connecting", "live"]);
});

test("after a break it goes on from the last event heard, not from the hello", async (t) => {
  const { last, heard, snapshots } = await started(t);
  last().says(hello);
  last().says(event(7));
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(last().address.searchParams.get("cursor"), "c7");
  assert.deepEqual(heard, ["evt_7"]);
  assert.equal(snapshots.length, 1);
});

test("a break before any event goes on from the snapshot", async (t) => {
  const { last } = await started(t);
  last().says(hello);
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(last().address.searchParams.get("cursor"), "c0");
});

test("an event that is delivered twice is heard once", async (t) => {
  const { last, heard } = await started(t);
  last().says(hello);
  last().says(event(1));
  last().says(event(2));
  last().says(event(1));
  assert.deepEqual(heard, ["evt_1", "evt_2"]);
});

test("it waits 2, 4, 8, 16, 32 and again 32 seconds", async (t) => {
  const { last } = await started(t);
  for (const seconds of [2, 4, 8, 16, 32, 32]) {
    const made = FakeSocket.made.length;
    last().breaks();
    t.mock.timers.tick(seconds * 1000 - 1);
    await settle();
    assert.equal(FakeSocket.made.length, made, `too early for ${seconds} s`);
    t.mock.timers.tick(1);
    await settle();
    assert.equal(FakeSocket.made.length, made + 1, `too late for ${seconds} s`);
  }
});

test("the wait is drawn from a quarter below to a quarter above", async (t) => {
  for (const [draw, wait] of [
    [0, 1500],
    [1, 2500],
  ]) {
    const { client, last } = await started(t, { random: () => draw });
    last().breaks();
    assert.equal(client.state.retryAt - Date.now(), wait);
    t.mock.timers.reset();
  }
});

test("a connection that held for a while begins with short waits again", async (t) => {
  const { client, last } = await started(t);
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  last().says(hello);
  t.mock.timers.tick(10_000);
  last().breaks();
  assert.equal(client.state.retryAt - Date.now(), 2000);
});

test("close code 3010: the server has lost our place, we have not, and it is gone on from there", async (t) => {
  const { last, snapshots } = await started(t);
  last().says(hello);
  last().says(event(3));
  last().breaks(3010);
  await settle();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(snapshots.length, 1);
  assert.equal(last().address.searchParams.get("cursor"), "c3");
});

test("recovered: false has state fetched afresh, at once the first time, after a wait the next", async (t) => {
  const { last, snapshots } = await started(t);
  const lost = { type: "resumed", recovered: false, reason: "expired" };
  last().says(hello);
  last().says(lost);
  await settle();
  assert.equal(snapshots.length, 2);
  assert.equal(last().address.searchParams.get("cursor"), "c100");
  last().says(hello);
  last().says(lost);
  await settle();
  assert.equal(snapshots.length, 2);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(snapshots.length, 3);
});

test("told to stay away it stays away, until somebody asks for it", async (t) => {
  const { client, last, states } = await started(t);
  last().says(hello);
  last().breaks(3504);
  t.mock.timers.tick(3_600_000);
  await settle();
  assert.equal(FakeSocket.made.length, 1);
  assert.equal(states.at(-1), "stopped");
  assert.equal(client.state.reason, 3504);
  client.retry();
  assert.equal(FakeSocket.made.length, 2);
});

test("state that can't be fetched is asked for again", async (t) => {
  const { snapshots, states } = await started(t, { cursors: [new Error("down"), "c5"] });
  assert.deepEqual(states, ["loading", "waiting"]);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(snapshots.length, 2);
  assert.equal(states.at(-1), "connecting");
});

test("when the network is back nobody sits out the wait", async (t) => {
  const { last, window } = await started(t);
  last().breaks();
  window.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.made.length, 2);
});

test("a tab that wakes up asks whether the line is alive, and reconnects where nobody answers", async (t) => {
  const { last, window } = await started(t);
  last().says(hello);
  window.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(last().sent, [{ type: "ping" }]);
  t.mock.timers.tick(5000);
  assert.equal(last().readyState, 3);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(FakeSocket.made.length, 2);
});

test("a tab that goes to sleep does nothing", async (t) => {
  const { last, window } = await started(t);
  last().says(hello);
  window.document.visibilityState = "hidden";
  window.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(last().sent, []);
});

test("it asks at each heartbeat, and any answer will do", async (t) => {
  const { last, states } = await started(t);
  last().says(hello);
  for (let beat = 1; beat <= 3; beat += 1) {
    t.mock.timers.tick(25_000);
    assert.equal(last().sent.length, beat);
    last().says(event(beat));
  }
  t.mock.timers.tick(6000);
  assert.equal(states.at(-1), "live");
});

test("a server that never says hello is given up", async (t) => {
  await started(t);
  t.mock.timers.tick(15_000);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(FakeSocket.made.length, 2);
});

test("what an abandoned connection still says is not heard", async (t) => {
  const { client, last, heard } = await started(t);
  const first = last();
  first.says(hello);
  client.retry();
  first.says(event(1));
  first.breaks();
  assert.deepEqual(heard, []);
  assert.equal(FakeSocket.made.length, 2);
});

test("nonsense on the line is passed over", async (t) => {
  const { last, heard } = await started(t);
  last().dispatchEvent(Object.assign(new Event("message"), { data: "{" }));
  last().says({ type: "error", code: "whatever" });
  last().says(event(1));
  assert.deepEqual(heard, ["evt_1"]);
});

test("after stop nothing happens any more", async (t) => {
  const { client, last, window } = await started(t);
  last().breaks();
  client.stop();
  window.dispatchEvent(new Event("online"));
  t.mock.timers.tick(60_000);
  await settle();
  assert.equal(FakeSocket.made.length, 1);
});

// ---------------------------------------------------------------------------------- without a snapshot

test("without a snapshot it begins now, at the place of the hello", async (t) => {
  const { last, states } = await started(t, { snapshot: null });
  assert.equal(last().address.searchParams.has("cursor"), false);
  last().says(hello);
  assert.deepEqual(states, ["connecting", "live"]);
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(last().address.searchParams.get("cursor"), "c900");
});

test("it begins at a cursor that it is given, and tells its own", async (t) => {
  const { client, last } = await started(t, { snapshot: null, cursor: "c5" });
  assert.equal(last().address.searchParams.get("cursor"), "c5");
  last().says(hello);
  last().says({ type: "resumed", recovered: true, replayed: 0, cursor: "c8" });
  assert.equal(client.cursor, "c8");
});

test("what can't be caught up is told, and it goes on from there", async (t) => {
  const lost = [];
  const { client, last } = await started(t, { snapshot: null, cursor: "c5", onLost: (what) => lost.push(what) });
  last().says(hello);
  last().says({ type: "resumed", recovered: false, reason: "expired", cursor: "c70" });
  assert.deepEqual(lost, [{ reason: "expired", topics: ["products", "stock"] }]);
  assert.equal(client.cursor, "c70");
  assert.equal(FakeSocket.made.length, 1);
});

test("without topics it hears the products", async (t) => {
  const { last } = await started(t, { topics: undefined });
  assert.equal(last().address.searchParams.get("topics"), "products");
});

// ------------------------------------------------------------------------------------------- topics

test("a topic that is added is asked for at once, and at each connection after that", async (t) => {
  const { client, last } = await started(t);
  last().says(hello);
  client.subscribe("order:ord_1");
  client.subscribe(["order:ord_1", "stock"]);
  assert.deepEqual(last().sent, [{ type: "subscribe", topics: ["order:ord_1"], ref: 1 }]);
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(last().address.searchParams.get("topics"), "products,stock,order:ord_1");
});

test("one that is added with a cursor catches up first, also over a break", async (t) => {
  const { client, last, heard } = await started(t);
  last().says(hello);
  last().says(event(50));
  client.subscribe("order:ord_1", { cursor: "c40" });
  const asked = { type: "resume", cursor: "c40", topics: ["order:ord_1"] };
  assert.deepEqual(last().sent, [{ ...asked, ref: 1 }]);
  last().says(event(41));
  // Cut off before all of it has come: the others go on from where they were, this one from its own place.
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(last().address.searchParams.get("topics"), "products,stock");
  assert.equal(last().address.searchParams.get("cursor"), "c50");
  last().says(hello);
  assert.deepEqual(last().sent, [{ ...asked, ref: 2 }]);
  last().says(event(41));
  last().says(event(42));
  last().says({ type: "resumed", recovered: true, replayed: 2, cursor: "c60", ref: 2 });
  assert.deepEqual(heard, ["evt_50", "evt_41", "evt_42"]);
  assert.equal(client.cursor, "c60");
  last().breaks();
  t.mock.timers.tick(4000);
  await settle();
  assert.equal(last().address.searchParams.get("topics"), "products,stock,order:ord_1");
});

test("where one that is added can't catch up, only that is told", async (t) => {
  const lost = [];
  const { client, last, snapshots } = await started(t, { onLost: (what) => lost.push(what) });
  last().says(hello);
  client.subscribe("order:ord_1", { cursor: "c1" });
  last().says({ type: "resumed", recovered: false, reason: "expired", cursor: "c60", ref: 1 });
  assert.deepEqual(lost, [{ reason: "expired", topics: ["order:ord_1"] }]);
  assert.deepEqual([snapshots.length, client.cursor], [1, "c60"]);
});

test("a topic that is left is not asked for again", async (t) => {
  const { client, last } = await started(t);
  last().says(hello);
  client.unsubscribe(["stock", "never:heard"]);
  assert.deepEqual(last().sent, [{ type: "unsubscribe", topics: ["stock"], ref: 1 }]);
  assert.deepEqual(client.topics, ["products"]);
});

test("a topic that is refused is told, and asked for no more", async (t) => {
  const refusals = [];
  const { client, last } = await started(t, {
    topics: ["stock", "admin"],
    onRefused: (refused) => refusals.push(...refused),
  });
  last().says(hello);
  last().says({ type: "subscribed", topics: ["stock"], refused: [{ topic: "admin", code: "not_permitted" }] });
  assert.deepEqual(refusals, [{ topic: "admin", code: "not_permitted" }]);
  assert.deepEqual(client.topics, ["stock"]);
});

// -------------------------------------------------------------------------------------- credentials

test("a token goes along as a subprotocol, never in the address", async (t) => {
  const { last } = await started(t, { token: "j.w.t" });
  assert.deepEqual(last().protocols, ["stockwire.v1", "bearer.j.w.t"]);
  assert.doesNotMatch(last().address.href, /j\.w\.t/);
});

test("a function is asked for a token at each connection; where it fails, it is tried again", async (t) => {
  const tokens = ["one", new Error("down"), "two"];
  const { last } = await started(t, {
    token: async () => {
      const token = tokens.shift();
      if (token instanceof Error) throw token;
      return token;
    },
  });
  assert.deepEqual(last().protocols, ["stockwire.v1", "bearer.one"]);
  last().says(hello);
  last().breaks(3005);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(FakeSocket.made.length, 1);
  t.mock.timers.tick(4000);
  await settle();
  assert.deepEqual(last().protocols, ["stockwire.v1", "bearer.two"]);
});

test("a fresh token is told over the connection, and used for the next", async (t) => {
  const { client, last } = await started(t, { token: "old" });
  last().says(hello);
  const told = client.authenticate("new");
  assert.deepEqual(last().sent, [{ type: "auth", token: "new", ref: 1 }]);
  last().says({ type: "auth.ok", user: { id: "usr_1", role: "customer" }, expires_at: null, ref: 1 });
  assert.deepEqual(await told, { id: "usr_1", role: "customer" });
  last().breaks();
  t.mock.timers.tick(2000);
  await settle();
  assert.deepEqual(last().protocols, ["stockwire.v1", "bearer.new"]);
});

test("a token that is refused says so to who gave it; a break leaves it for the next connection", async (t) => {
  const { client, last } = await started(t);
  last().says(hello);
  const refused = client.authenticate("wrong");
  last().says({ type: "error", code: "invalid_token", message: "expired", ref: 1 });
  await assert.rejects(refused, { code: "invalid_token", message: "expired" });
  const cut = client.authenticate("right");
  last().breaks();
  assert.equal(await cut, null);
});

test("who was told to stay away for a token comes back with a fresh one", async (t) => {
  const { client, last, states } = await started(t, { token: "old" });
  last().breaks(3500);
  assert.equal(states.at(-1), "stopped");
  assert.equal(await client.authenticate("new"), null);
  await settle();
  assert.deepEqual(last().protocols, ["stockwire.v1", "bearer.new"]);
});

test("other errors are told", async (t) => {
  const errors = [];
  const { last } = await started(t, { onError: (error) => errors.push(error) });
  last().says({ type: "error", code: "rate_limited", message: "wait a moment" });
  assert.deepEqual(errors, [{ code: "rate_limited", message: "wait a moment" }]);
});
