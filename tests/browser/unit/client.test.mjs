import assert from "node:assert/strict";
import test from "node:test";

import { LiveClient } from "../../../realtime/static/stockwire/client.js";

const JITTER_FREE = () => 0.5;

class FakeSocket extends EventTarget {
  static made = [];

  constructor(address) {
    super();
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

async function started(t, { cursors = ["c0", "c100", "c200"], random = JITTER_FREE } = {}) {
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

test("close code 3010 has state fetched afresh, after a wait", async (t) => {
  const { last, snapshots } = await started(t);
  last().says(hello);
  last().says(event(3));
  last().breaks(3010);
  await settle();
  assert.equal(snapshots.length, 1);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(snapshots.length, 2);
  assert.equal(last().address.searchParams.get("cursor"), "c100");
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
