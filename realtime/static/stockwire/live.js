// Keeps a page fresh: hears what the page listens to, and has the parts that it changes fetched anew.
//
//   <section data-fresh-on="cart.updated order.*" hx-get="/cart/lines" hx-trigger="stale">
//   <section data-fresh-on="order.*" data-fresh-id="ord_1" …>      only events that are about this id
//   <section data-fresh-on="stock.*" data-fresh-every="500" …>     at most once in so many milliseconds
//
// Other modules hear the events too: `document.addEventListener("stockwire:event", ({detail}) => …)`, and how the
// connection stands: `stockwire:state`. What changes many times a second is drawn by those, not fetched.

import { LiveClient } from "./client.js";
import { StatusLight } from "./status.js";

const TOGETHER_MILLISECONDS = 60;
const PLACE = "/api/products?limit=1";
// The console's body is not ours: there the element that wants to be kept fresh says what it listens to.
const body = document.querySelector("[data-live-page]") ?? document.body;
const waiting = new Map();
let isFirst = true;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`stockwire:${name}`, { detail }));
}

/** Where to go on from: at first the place that the page was made at, later the log's end, and all is fetched. */
async function snapshot() {
  if (isFirst && body.dataset.cursor) {
    isFirst = false;
    return body.dataset.cursor;
  }
  const answer = await fetch(PLACE, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  for (const element of document.querySelectorAll("[data-fresh-on]")) stale(element);
  return answer.headers.get("x-event-cursor");
}

function hear(event) {
  tell("event", event);
  for (const element of document.querySelectorAll("[data-fresh-on]")) {
    if (concerns(element, event)) stale(element);
  }
}

function concerns({ dataset }, { type, data }) {
  const named = dataset.freshOn.split(" ").some((name) => name === type || (name.endsWith(".*") && type.startsWith(name.slice(0, -1))));
  if (!named || !dataset.freshId) return named;
  return Object.entries(data).some(([field, value]) => field.endsWith("_id") && value === dataset.freshId);
}

/** Have a part fetched, once for whatever happens within a few milliseconds. */
export function stale(element) {
  if (waiting.has(element)) return;
  waiting.set(
    element,
    setTimeout(() => {
      waiting.delete(element);
      if (element.isConnected) globalThis.htmx?.trigger(element, "stale");
    }, Number(element.dataset.freshEvery ?? TOGETHER_MILLISECONDS)),
  );
}

const light = document.querySelector("[data-shop-part=status]");
const topics = (body.dataset.topics ?? "").split(",").filter(Boolean);

export const client = topics.length
  ? new LiveClient({
      url: body.dataset.live,
      topics,
      snapshot,
      onEvent: hear,
      onState: (state) => {
        shown?.show(state);
        tell("state", state);
      },
    })
  : null;
const shown = client && light ? new StatusLight(light, { onRetry: () => client.retry() }) : null;
if (light && !client) light.hidden = true;

// A page that the browser had put aside has missed what happened meanwhile.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const element of document.querySelectorAll("[data-fresh-on]")) stale(element);
});
client?.start();
