// Parts of a page that are fetched anew when an event says that they have changed.
//
//   <section data-fresh-on="cart.updated order.*" hx-get="/cart/lines" hx-trigger="stale">
//   <section data-fresh-on="order.*" data-fresh-id="ord_1" …>      only events that are about this id
//
// A page that has not loaded htmx names it in `data-htmx`: it is fetched with the first part that needs it.

const TOGETHER_MILLISECONDS = 60;
const waiting = new Map();
let loading = null;

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
      await htmxLoaded();
      if (element.isConnected) globalThis.htmx?.trigger(element, "stale");
    }, TOGETHER_MILLISECONDS),
  );
}

function concerns({ dataset }, { type, data }) {
  const named = dataset.freshOn.split(" ").some((name) => name === type || (name.endsWith(".*") && type.startsWith(name.slice(0, -1))));
  if (!named || !dataset.freshId) return named;
  return Object.entries(data).some(([field, value]) => field.endsWith("_id") && value === dataset.freshId);
}

function htmxLoaded() {
  const address = document.body.dataset.htmx;
  if (globalThis.htmx || !address) return null;
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    // The next change tries again.
    script.addEventListener("error", () => {
      loading = null;
      resolve();
    });
    // htmx looks through a page that is complete at once, and through an earlier one at a moment that has passed.
    const add = () => document.head.append(script);
    if (document.readyState === "complete") add();
    else addEventListener("load", add);
  });
  return loading;
}

// A page that the browser had put aside has missed what happened meanwhile.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) freshenAll();
});
