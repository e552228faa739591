// Shows how long something still lasts, by the server's clock, and says when it is over.

import { duration } from "./format.js";
import { say } from "./words.js";

const SECOND = 1_000;
/** The end is the server's to see: it is asked a moment later. */
const GRACE_MILLISECONDS = 150;
const LONGEST_TIMER = 2 ** 31 - 1;

export class Countdown {
  #over;
  #timers = [];

  /** `over()` is called once, when the time has come. */
  constructor(over) {
    this.#over = over;
  }

  /** Count down in `element` (none: in silence) to `ends`; `now` is what the server's clock says. Both are ISO. */
  follow(element, { ends, now }) {
    this.stop();
    if (!ends) return;
    const end = Date.now() + (Date.parse(ends) - Date.parse(now));
    const draw = () => {
      const text = say("ends in {time}", { time: duration(end - Date.now()) });
      if (element && element.textContent !== text) element.textContent = text;
    };
    draw();
    const left = end - Date.now() + GRACE_MILLISECONDS;
    if (left > LONGEST_TIMER) return;
    this.#timers = [
      setInterval(draw, SECOND / 4),
      setTimeout(() => {
        this.stop();
        this.#over();
      }, Math.max(GRACE_MILLISECONDS, left)),
    ];
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
