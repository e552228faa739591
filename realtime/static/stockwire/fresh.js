// Parts of a page that are fetched anew when an event says that they have changed.
//
//   <section data-fresh-on="cart.updated order.*" hx-get="/cart/lines" hx-trigger="stale">
//   <section data-fresh-on="order.*" data-fresh-id="ord_1" …>      only events that are about this id
//   <section data-fresh-on="stock.*" data-fresh-every="500" …>     at most once in so many milliseconds
//
// A page that has not loaded htmx has it fetched with the first part that needs it (`htmx_here.js`).

import { htmxHere } from "./htmx_here.js";

const TOGETHER_MILLISECONDS = 60;
const waiting = new Map();

/** Have those parts fetched that this event concerns. */
export function freshen(event) {
  for (const element of document.querySelectorAll("[data-fresh-on]")) {
    if (concerns(element, event)) stale(element);
  }
}

/** Have every such part fetched: nobody knows what was missed. */
export function freshenAll() {
  for (const element of document.querySelectorAll("[data-fresh-on]")) stale(element);
}

/** Have a part fetched, once for whatever happens within a few milliseconds. */
export function stale(element) {
  if (waiting.has(element)) return;
  waiting.set(
    element,
    setTimeout(async () => {
      waiting.delete(element);
      const htmx = await htmxHere();
      if (element.isConnected) htmx?.trigger(element, "stale");
    }, Number(element.dataset.freshEvery ?? TOGETHER_MILLISECONDS)),
  );
}

function concerns({ dataset }, { type, data }) {
  const named = dataset.freshOn.split(" ").some((name) => name === type || (name.endsWith(".*") && type.startsWith(name.slice(0, -1))));
  if (!named || !dataset.freshId) return named;
  return Object.entries(data).some(([field, value]) => field.endsWith("_id") && value === dataset.freshId);
}

// A page that the browser had put aside has missed what happened meanwhile.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) freshenAll();
});
