// The start: what the server has drawn goes on from there, live. Brings listing, store, grid and connection together
// with what the visitor does. No rule of its own: what an event means is in store.js, how a card looks in card.js.

import { LiveClient } from "./client.js";
import { freshen, freshenAll } from "./fresh.js";
import { Grid } from "./grid.js";
import { Listing, ListingError } from "./listing.js";
import { Sales, salesOf } from "./sales.js";
import { Announcer, StatusLight } from "./status.js";
import { Store } from "./store.js";
import { followTabs } from "./tabs.js";
import { say, sayCounted } from "./words.js";

const TYPING_MILLISECONDS = 250;
const SECOND = 1000;
const LONGEST_TIMER = 3_600_000; // a timer of weeks would run at once
const MOST_SALES = 500;
const page = document.querySelector("[data-shop]");
const part = (name) => document.querySelector(`[data-shop-part="${name}"]`);
const parts = Object.fromEntries(
  ["grid", "search", "sort", "categories", "status", "spoken", "news", "more", "empty", "failed", "count", "further"].map((name) => [
    name,
    part(name),
  ]),
);

const store = new Store();
const sales = new Sales();
const listing = new Listing({ path: page.dataset.list, pageSize: Number(page.dataset.pageSize), store });
const announcer = new Announcer(parts.spoken);
const grid = new Grid({
  element: parts.grid,
  template: document.querySelector("#card"),
  lowAt: Number(page.dataset.lowStock),
  store,
  onLevel: (product, level) => announcer.level(product, level),
  saleOf: runningSale,
});
const client = new LiveClient({
  url: page.dataset.live,
  topics: document.body.dataset.topics.split(","),
  snapshot,
  onEvent: hear,
  onState: (state) => light.show(state),
  onClock: setClock,
});
const light = new StatusLight(parts.status, { onRetry: () => client.retry() });
const unseen = new Set();

// ---------------------------------------------------------------- what the server says

// Until it has been used: the page that came with the page.
let first = JSON.parse(document.getElementById("listing").textContent);

// The page has brought its products along, and where it stood in the log when it read them. The sales come after the
// products: what happens in between comes again from the products' place in the log.
async function snapshot() {
  const { cursor } = document.body.dataset;
  const isFirst = first !== null && cursor !== "";
  first = null;
  if (!isFirst) freshenAll();
  return attempt(async () => {
    const place = isFirst ? cursor : await listing.refresh();
    await loadSales();
    return place;
  });
}

async function loadSales() {
  const response = await fetch(`${page.dataset.sales}?limit=${MOST_SALES}`, {
    cache: "no-store",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new ListingError(response.status, `the sales answered ${response.status}`);
  sales.put(await response.json()).forEach((id) => grid.touch(id));
  tick();
}

function hear(event) {
  freshen(event);
  document.dispatchEvent(new CustomEvent("stockwire:event", { detail: event })); // toasts and the chat hear it too
  const onSale = sales.apply(event);
  if (onSale.length) {
    onSale.forEach((id) => grid.touch(id));
    tick();
    return;
  }
  const outcome = store.apply(event);
  if (!outcome) return;
  if (outcome.change === "created") {
    if (listing.couldShow(event.data.product)) unseen.add(outcome.id);
    tellNews();
    return;
  }
  if (outcome.change === "removed") listing.remove(outcome.id);
  grid.touch(outcome.id);
}

// ---------------------------------------------------------------- flash sales, by the server's clock

let ahead = 0; // how much later it is there
let timer = null;
let inSale = new Set();

function now() {
  return Date.now() + ahead;
}

function setClock(serverTime) {
  ahead = serverTime - Date.now();
  tick();
}

function runningSale(id) {
  const moment = now();
  const sale = sales.of(id, moment);
  return sale && { sale, left: sale.end - moment };
}

// Each second while a sale runs, and at each edge: who has been in a sale until now is drawn once more without.
function tick() {
  clearTimeout(timer);
  const moment = now();
  const running = sales.running(moment);
  for (const id of new Set([...inSale, ...running])) grid.touch(id);
  inSale = running;
  const second = running.size ? SECOND - (moment % SECOND) : Infinity;
  const wait = Math.min(second, sales.nextEdge(moment) - moment, LONGEST_TIMER);
  if (sales.nextEdge(moment) < Infinity) timer = setTimeout(tick, wait + 1);
}

async function attempt(load) {
  parts.grid.setAttribute("aria-busy", "true");
  try {
    const outcome = await load();
    draw();
    return outcome;
  } catch (error) {
    fail(error);
    throw error;
  } finally {
    parts.grid.removeAttribute("aria-busy");
  }
}

// ---------------------------------------------------------------- drawing

function draw() {
  grid.show(listing.ids);
  unseen.clear();
  tellNews();
  parts.failed.hidden = true;
  parts.empty.hidden = !grid.isEmpty;
  parts.empty.dataset.asked = Object.values(listing.query).some(Boolean) ? "yes" : "no";
  tellCount();
}

function fail(error) {
  if (!grid.isEmpty && !(error instanceof ListingError && error.isFinal)) return; // old figures beat an empty page
  parts.grid.replaceChildren();
  parts.empty.hidden = true;
  parts.more.hidden = true;
  parts.failed.hidden = false;
}

function tellNews() {
  parts.news.hidden = unseen.size === 0;
  parts.news.textContent = sayCounted("{n} new product", "{n} new products", unseen.size);
}

function tellCount() {
  parts.more.hidden = !listing.hasMore;
  const number = listing.ids.length;
  const words = listing.hasMore ? ["{n}+ product", "{n}+ products"] : ["{n} product", "{n} products"];
  parts.count.textContent = number === 0 ? "" : sayCounted(...words, number);
}

// ---------------------------------------------------------------- what the visitor does

function wantedQuery() {
  return new URLSearchParams(location.search);
}

let typing = null;

function choose(changes) {
  const query = wantedQuery();
  // What has been typed counts, though its moment has not come yet.
  const typed = typing === null ? {} : { search: parts.search.value.trim() };
  clearTimeout(typing);
  typing = null;
  for (const [name, value] of Object.entries({ ...typed, ...changes })) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
  follow();
}

async function follow() {
  readAddress();
  try {
    await attempt(() => listing.load());
    announcer.say(parts.count.textContent || say("No products found"));
  } catch {
    // attempt() has shown it
  }
}

function readAddress() {
  const query = wantedQuery();
  listing.query = {
    category: query.get("category") ?? "",
    search: query.get("search") ?? "",
    sort: query.get("sort") ?? "",
  };
  if (document.activeElement !== parts.search) parts.search.value = listing.query.search;
  parts.sort.value = listing.query.sort;
  for (const link of parts.categories.querySelectorAll("a")) {
    const chosen = (link.dataset.category ?? "") === listing.query.category;
    if (chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

parts.search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => choose({ search: parts.search.value.trim() }), TYPING_MILLISECONDS);
});
parts.search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  choose({ search: parts.search.value.trim() });
});
parts.sort.addEventListener("change", () => choose({ sort: parts.sort.value }));
parts.categories.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  choose({ category: link.dataset.category });
});
parts.more.addEventListener("click", async () => {
  parts.more.disabled = true;
  try {
    if (await listing.more()) grid.append(listing.ids)?.querySelector("h2 a")?.focus({ preventScroll: true });
    tellCount();
  } catch {
    announcer.say(say("More products could not be loaded"));
  } finally {
    parts.more.disabled = false;
  }
});
parts.news.addEventListener("click", () => {
  follow();
  scrollTo({ top: 0 });
});
document.addEventListener("click", (event) => {
  const action = event.target.closest("[data-action]")?.dataset.action;
  if (action === "clear") {
    event.preventDefault();
    parts.search.value = "";
    choose({ category: "", search: "", sort: "" });
  } else if (action === "retry") {
    client.retry();
    if (client.state.state !== "loading") follow();
  }
});
document.addEventListener("keydown", (event) => {
  const typingAlready = event.target.closest?.("input, select, textarea");
  if (event.key === "/" && !typingAlready && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    parts.search.focus();
  } else if (event.key === "Escape" && event.target === parts.search) {
    parts.search.value = "";
    choose({ search: "" });
  }
});
addEventListener("popstate", follow);

readAddress();
parts.further?.remove();
setClock(Date.parse(first.now));
sales.put(salesOf(first.products));
listing.adopt(first.products, { query: listing.query, next: first.next });
draw();
tick();
client.start();
if (!document.body.dataset.topics.split(",").includes("me")) followTabs();
