// The server to compare with: the npm package `ws`, used as its own documentation says a broadcast is written.
// It has no log, no database, no resume, no rights: what it does is what any broadcaster must do.
//
// Commands come on stdin, one JSON object a line, and each is answered by one line:
//   {"do": "rate", "perSecond": 20, "seconds": 10}   one event each 1/20 s
//   {"do": "flood", "seconds": 5}                    as many as get through

import readline from "node:readline";
import process from "node:process";
import { WebSocketServer } from "ws";

// The same as for the other server: how far anybody may fall behind, and after how many events that is looked at.
const MOST_UNSENT = 256 * 1024;
const EVENTS_BETWEEN_LOOKS = 10;
const [port, template] = [Number(process.argv[2]), process.argv[3]];
const server = new WebSocketServer({ port, host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });
const event = JSON.parse(template);
let number = 0;

function now() {
  return process.hrtime.bigint() / 1000n;
}

// One event is put together and encoded once, then sent to everybody.
function broadcast() {
  number += 1;
  event.id = `evt_${String(number).padStart(26, "0")}`;
  event.data.reference = `t${String(now()).padStart(15, "0")}`;
  const encoded = Buffer.from(JSON.stringify(event));
  for (const client of server.clients) client.send(encoded, { binary: false });
}

// Nobody may fall behind without limit: that would measure memory, not delivery.
function keepsUp() {
  for (const client of server.clients) if (client.bufferedAmount > MOST_UNSENT) return false;
  return true;
}

function rate({ perSecond, seconds }, done) {
  const started = performance.now();
  let sent = 0;
  const tick = () => {
    if (sent >= perSecond * seconds) return done({ events: sent });
    broadcast();
    sent += 1;
    setTimeout(tick, started + (sent * 1000) / perSecond - performance.now());
  };
  tick();
}

function flood({ seconds }, done) {
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  const round = () => {
    if (performance.now() >= end) return done({ events: sent });
    if (keepsUp()) {
      for (let burst = 0; burst < EVENTS_BETWEEN_LOOKS; burst += 1) broadcast();
      sent += EVENTS_BETWEEN_LOOKS;
    }
    setImmediate(round);
  };
  round();
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
server.on("listening", () => say({ ready: true }));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  ({ rate, flood })[command.do](command, say);
});
process.stdin.on("end", () => process.exit(0));
