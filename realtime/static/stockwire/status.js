// What the page says about itself: the connection's state in the header, and the spoken announcements.

import { count } from "./format.js";
import { say } from "./words.js";

const TEXTS = {
  idle: "Not connected",
  loading: "Loading…",
  connecting: "Connecting…",
  live: "Live",
  offline: "Offline",
  stopped: "Disconnected",
};
const SPEAK_EVERY_MILLISECONDS = 4_000;
const SPOKEN_ONE_BY_ONE = 2;

/** The indicator in the header. While it waits for the next try it counts down and can be pressed. */
export class StatusLight {
  #element;
  #text;
  #timer = null;
  #wasLive = false;

  constructor(element, { onRetry }) {
    this.#element = element;
    this.#text = element.querySelector("[data-part=text]");
    element.addEventListener("click", onRetry);
  }

  show({ state, retryAt }) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#wasLive ||= state === "live";
    const offline = state === "waiting" && navigator.onLine === false;
    this.#element.dataset.state = offline ? "offline" : state;
    this.#element.disabled = state !== "waiting" && state !== "stopped";
    if (state === "waiting" && !offline) {
      this.#count(retryAt);
      this.#timer = setInterval(() => this.#count(retryAt), 500);
      return;
    }
    const back = this.#wasLive && (state === "connecting" || state === "loading");
    this.#say(say(offline ? TEXTS.offline : back ? "Reconnecting…" : TEXTS[state]));
    this.#element.title = state === "stopped" ? say("Press to try again") : "";
  }

  #count(retryAt) {
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    this.#say(say("Reconnecting in {n} s", { n: count(seconds) }));
    this.#element.title = say("Press to try now");
  }

  #say(text) {
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}

/** Says politely, and never more than a screen reader can get through, what sold out, ran low or came back. */
export class Announcer {
  #element;
  #waiting = new Map();
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  level(product, level) {
    const words = { out: "sold out", low: "running low", ok: "back in stock" }[level];
    this.#waiting.set(product.id, `${product.title}: ${say(words)}`);
    this.#timer ??= setTimeout(() => this.#speak(), SPEAK_EVERY_MILLISECONDS);
  }

  say(text) {
    this.#element.textContent = text;
  }

  #speak() {
    this.#timer = null;
    const sentences = [...this.#waiting.values()];
    this.#waiting.clear();
    const rest = sentences.length - SPOKEN_ONE_BY_ONE;
    if (rest > 0) sentences.splice(SPOKEN_ONE_BY_ONE, rest, say("and {n} more changed", { n: count(rest) }));
    this.say(sentences.join(". "));
  }
}
