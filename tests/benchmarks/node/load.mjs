// The listeners, the same for every server: raw sockets that read WebSocket frames and nothing more, so that
// one process keeps up with a server that writes as fast as it can.
//
// Commands come on stdin, one JSON object a line, and each is answered by one line:
//   {"do": "connect", "port": 1, "path": "/ws", "clients": 1000}
//   {"do": "count"}       -> {"events", "bytes", "microseconds"} since the last count
//   {"do": "latency"}     -> {"count", "p50", "p99", "max"} in ms since the last latency; frames are read for it
//                            from then on, which costs: {"do": "latency", "stop": true} ends it
//   {"do": "behind"}      -> {"least", "most"}: events had by the slowest and by the fastest listener

import net from "node:net";
import process from "node:process";
import readline from "node:readline";

const MARK = Buffer.from('"reference":"t');
const DIGITS = 15;
const CONNECTING_AT_ONCE = 50;
// What is shorter is a hello or an answer, not an event.
const SHORTEST_EVENT = 300;
const TEXT = 1;
const PING = 9;
const CLOSE = 8;
const incoming = Buffer.allocUnsafe(1 << 20);

const listeners = [];
const total = { events: 0, bytes: 0, since: 0, closed: 0 };
let latencies = null;

// The machine's monotonic clock, as the senders read it. (An offset to a cheaper one, taken once, would be wrong for
// good where the process happened to lose its core between two readings.)
function microseconds() {
  return Number(process.hrtime.bigint()) / 1000;
}

class Listener {
  events = 0;
  // Of the frame that is being read: what is still to come of it, and its opcode and size.
  #left = 0;
  #opcode = 0;
  #size = 0;
  #kept = null;
  #open = false;

  constructor({ port, path, onOpen }) {
    this.onOpen = onOpen;
    this.socket = net.connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: incoming, callback: (size, buffer) => this.#read(buffer, size) },
    });
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    this.socket.on("error", () => {});
    this.socket.on("close", () => (total.closed += 1));
  }

  #read(buffer, size) {
    total.bytes += size;
    let [bytes, at, end] = [buffer, 0, size];
    if (this.#kept !== null) {
      bytes = Buffer.concat([this.#kept, buffer.subarray(0, size)]);
      end = bytes.length;
      this.#kept = null;
    }
    if (!this.#open) {
      at = this.#handshake(bytes, end);
      if (at < 0) return true;
    }
    if (latencies === null) this.#countFrames(bytes, at, end);
    else this.#readFrames(bytes, at, end);
    return true;
  }

  #handshake(bytes, end) {
    const over = bytes.indexOf("\r\n\r\n");
    if (over < 0 || over >= end) {
      this.#keep(bytes, 0, end);
      return -1;
    }
    if (!bytes.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101"))) throw new Error(bytes.toString("latin1", 0, over));
    this.#open = true;
    this.onOpen();
    return over + 4;
  }

  // Passes over the payloads: where a frame ends is in its first bytes.
  #countFrames(bytes, start, end) {
    let at = start;
    for (;;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at);
        this.#left -= taken;
        at += taken;
        if (this.#left > 0) return;
        this.#had();
      }
      const header = this.#header(bytes, at, end);
      if (header === 0) return this.#keep(bytes, at, end);
      at += header;
      this.#left = this.#size;
      if (this.#opcode !== TEXT) {
        if (end - at < this.#size) {
          this.#left = 0;
          return this.#keep(bytes, at - header, end);
        }
        this.#control(bytes.subarray(at, at + this.#size));
        at += this.#size;
        this.#left = 0;
      }
    }
  }

  #readFrames(bytes, start, end) {
    let at = start;
    if (this.#left > 0) {
      // The rest of a frame that was begun while nobody asked for latencies.
      const taken = Math.min(this.#left, end - at);
      this.#left -= taken;
      at += taken;
      if (this.#left > 0) return;
      this.#had();
    }
    const now = microseconds();
    for (;;) {
      const header = this.#header(bytes, at, end);
      if (header === 0 || end - at - header < this.#size) return this.#keep(bytes, at, end);
      at += header;
      const payload = bytes.subarray(at, at + this.#size);
      at += this.#size;
      if (this.#opcode !== TEXT) this.#control(payload);
      else if (this.#had()) this.#time(payload, now);
    }
  }

  #time(payload, now) {
    const mark = payload.indexOf(MARK);
    if (mark < 0) return;
    const sent = Number(payload.latin1Slice(mark + MARK.length, mark + MARK.length + DIGITS));
    latencies.push((now - sent) / 1000);
  }

  /** Sets opcode and size; returns the header's length, 0 where it isn't all there yet. */
  #header(bytes, at, end) {
    const there = end - at;
    if (there < 2) return 0;
    const short = bytes[at + 1] & 0x7f;
    const length = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (there < length) return 0;
    this.#opcode = bytes[at] & 0x0f;
    this.#size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    return length;
  }

  #had() {
    if (this.#size < SHORTEST_EVENT) return false;
    this.events += 1;
    total.events += 1;
    return true;
  }

  #control(payload) {
    if (this.#opcode === CLOSE) this.socket.end();
    if (this.#opcode !== PING) return;
    // An answer is masked; a mask of zeros leaves it as it is.
    this.socket.write(Buffer.concat([Buffer.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  }

  #keep(bytes, at, end) {
    this.#kept = at < end ? Buffer.from(bytes.subarray(at, end)) : null;
  }
}

async function connect({ port, path, clients }) {
  let next = 0;
  const one = async () => {
    while (next < clients) {
      next += 1;
      await new Promise((onOpen) => listeners.push(new Listener({ port, path, onOpen })));
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, one));
  return { connected: listeners.length };
}

function count() {
  const now = microseconds();
  const answer = { events: total.events, bytes: total.bytes, microseconds: now - total.since, closed: total.closed };
  Object.assign(total, { events: 0, bytes: 0, since: now });
  return answer;
}

function latency({ stop = false }) {
  const sorted = Float64Array.from(latencies ?? []).sort();
  latencies = stop ? null : [];
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

function behind() {
  const had = listeners.map((listener) => listener.events);
  return { least: Math.min(...had), most: Math.max(...had) };
}

const commands = { connect, count, latency, behind };
readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const command = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await commands[command.do](command))}\n`);
});
process.stdin.on("end", () => process.exit(0));
