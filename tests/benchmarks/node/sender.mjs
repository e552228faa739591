// What the servers to compare with share: an event that is made anew each time, and the commands that have it sent.
//
// Commands come on stdin, one JSON object a line, and each is answered by one line:
//   {"do": "rate", "perSecond": 20, "seconds": 10}   one event each 1/20 s
//   {"do": "flood", "seconds": 5}                    as many as get through
//   {"do": "tidy"}                                   collect garbage (with --expose-gc)

import process from "node:process";
import readline from "node:readline";

// The same as for the other servers: how far anybody may fall behind, and after how many events that is looked at.
export const MOST_UNSENT = 256 * 1024;
const EVENTS_BETWEEN_LOOKS = 10;

const [name, payload, cursor] = JSON.parse(process.argv[3]);

/** The event's name and arguments, with the moment of sending in it: microseconds of the machine's monotonic clock. */
function nextEvent() {
  payload.stock = Number(process.hrtime.bigint() / 1000n);
  payload.timestamp = new Date().toISOString();
  return [name, payload, cursor];
}

/** `send` sends an event to everybody; `keepsUp` says whether nobody is too far behind. */
export function obey({ send, keepsUp }) {
  const broadcast = () => send(nextEvent());

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

  function tidy(_command, done) {
    globalThis.gc();
    done({});
  }

  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const command = JSON.parse(line);
    ({ rate, flood, tidy })[command.do](command, say);
  });
  process.stdin.on("end", () => process.exit(0));
  say({ ready: true });
}
