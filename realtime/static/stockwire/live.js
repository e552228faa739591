// Keeps a page fresh: hears what the page listens to, and has the parts that it changes fetched anew (`fresh.js`).
//
// Other modules hear the events too: `document.addEventListener("stockwire:event", ({detail}) => …)`, and how the
// connection stands: `stockwire:state`. What changes many times a second is drawn by those, not fetched; where
// the place in the log was lost, `stockwire:lost` says that what they know is old.

import { LiveClient } from "./client.js";
import { freshen, freshenAll } from "./fresh.js";
import { StatusLight } from "./status.js";
import { followTabs } from "./tabs.js";

export { stale } from "./fresh.js";

const PLACE = "/api/products?limit=1";
// The console's body is not ours: there the element that wants to be kept fresh says what it listens to.
const body = document.querySelector("[data-live-page]") ?? document.body;
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
  freshenAll();
  tell("lost");
  return answer.headers.get("x-event-cursor");
}

function hear(event) {
  tell("event", event);
  freshen(event);
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

client?.start();
if (!topics.includes("me")) followTabs();
