// A guest's tabs tell each other of their cart. Nobody tells a guest of it on a socket: the token that would say whose
// it is no script can read (decision 0168).
//
// A tab speaks when it has changed the cart, and when it opens with another count than the others show: a form that was
// sent without a script has changed it then, or somebody has signed in.

import { freshen } from "./fresh.js";

const CHANGED = { type: "cart.updated", data: {} };

function units() {
  return document.querySelector("[data-count=cart]")?.textContent ?? "";
}

/** Begin to listen. Without `BroadcastChannel` each tab shows what it was told last, as without scripts. */
export function followTabs() {
  if (!globalThis.BroadcastChannel) return;
  const channel = new BroadcastChannel("stockwire.cart");
  channel.addEventListener("message", ({ data }) => {
    if (data.changed || data.units !== units()) freshen(CHANGED);
  });
  document.body.addEventListener("cart-changed", () => channel.postMessage({ changed: true }));
  channel.postMessage({ units: units() });
}
