// Shows how long something still lasts, by the server's clock, and says when it is over.

import { say } from "./words.js";

const SECOND = 1_000;
const DAY_SECONDS = 86_400;
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
      const text = say("ends in {time}", { time: remaining(Math.max(0, Math.ceil((end - Date.now()) / SECOND))) });
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

/** `1:02:03`, or `2 d 1:02:03`. */
export function remaining(seconds) {
  const [hours, minutes, rest] = [Math.floor((seconds % DAY_SECONDS) / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const time = `${hours}:${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
  const days = Math.floor(seconds / DAY_SECONDS);
  return days ? say("{days} d {time}", { days, time }) : time;
}
