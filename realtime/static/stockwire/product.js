// A product's page: the price follows what is chosen, the stock what is sold, and a sale ends when its time has come.
//
// The server has drawn all of it (`shop/parts/buy.html`). Stock is drawn here as the events say; what else changes,
// a price, a sale, the choices, is fetched anew with what has been chosen so far.

import { Countdown } from "./countdown.js";
import { count, cssColor, decimalsOf, money } from "./format.js";
import { stale } from "./live.js";
import { unitPrice } from "./pricing.js";
import { Announcer } from "./status.js";
import { stockLevel } from "./store.js";
import "./token.js";
import { say } from "./words.js";

const STOCK_EVENTS = new Set(["stock.reduced", "stock.updated", "stock.reserved", "stock.released", "stock.back"]);
const OTHER_EVENTS = new Set(["product.updated", "product.deleted"]);
const SALE_EVENTS = new Set(["flash_sale.started", "flash_sale.updated", "flash_sale.ended"]);

const page = document.querySelector("[data-product]");
const buying = document.querySelector("[data-buy]");
const id = page.dataset.product;
const lowAt = Number(page.dataset.lowStock);
const title = () => document.getElementById("product-name").textContent;
const announcer = new Announcer(document.querySelector("[data-buy-part=spoken]"));
const countdown = new Countdown(() => stale(buying));
const part = (name) => buying.querySelector(`[data-buy-part="${name}"]`);
const form = () => part("form");
/** By variant: the newest figure that an event has told, and of which version. The server's may be older. */
const told = new Map();
let group = null;
let shownLevel = null;

// ---------------------------------------------------------------- what is chosen

function bearers() {
  return [...buying.querySelectorAll("[data-variant]")];
}

/** The variant that is chosen, or the one that there is; null where there is something to choose yet. */
function chosen() {
  return buying.querySelector("[data-variant]:checked") ?? buying.querySelector("input[type=hidden][data-variant]");
}

function choose({ target }) {
  if (target.dataset.variant !== undefined) {
    const address = new URL(location.href);
    address.searchParams.set("variantId", target.value);
    history.replaceState(history.state, "", address);
  }
  if (target.dataset.group !== undefined) showGroup(target.value, { clear: true });
  shownLevel = null;
  draw();
}

// Colours are chosen first, by a row of swatches that stands for the groups' names; then what there is in one.
function offerGroups() {
  const groups = [...buying.querySelectorAll(".variant-group")];
  if (groups.length < 2) return;
  const row = document.createElement("fieldset");
  row.className = "pick";
  const legend = document.createElement("legend");
  legend.textContent = say("Colour");
  const swatches = document.createElement("div");
  swatches.className = "swatches";
  swatches.append(...groups.map(swatch));
  row.append(legend, swatches);
  groups[0].closest("fieldset").before(row);
  buying.classList.add("grouped");
  const holder = groups.find((one) => one.querySelector(":checked")) ?? groups.find((one) => one.dataset.group === group);
  showGroup((holder ?? groups[0]).dataset.group, { clear: false });
}

function swatch({ dataset }) {
  const label = document.createElement("label");
  label.className = "swatch";
  label.title = dataset.name;
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", className: "visually-hidden", name: "group", value: dataset.group, id: `group-${dataset.group}` });
  input.setAttribute("form", "none"); // it only shows, and is sent nowhere
  input.dataset.group = dataset.group;
  const text = document.createElement("span");
  text.className = "label";
  text.textContent = dataset.name || "–";
  label.append(input, text);
  const paint = cssColor(dataset.name);
  if (paint) label.style.setProperty("--paint", paint);
  else label.dataset.unknown = [...dataset.name][0] ?? "–";
  return label;
}

function showGroup(number, { clear }) {
  group = number;
  for (const one of buying.querySelectorAll(".variant-group")) {
    one.hidden = one.dataset.group !== number;
    for (const input of one.querySelectorAll("input")) {
      // What can't be seen is neither bought nor asked for.
      input.disabled = one.hidden;
      if (one.hidden && clear) input.checked = false;
    }
  }
  for (const input of buying.querySelectorAll("[data-group][type=radio]")) input.checked = input.value === number;
}

// ---------------------------------------------------------------- drawing

function draw() {
  drawPrice();
  drawStock();
}

function drawPrice() {
  const { currency, base, off } = form().dataset;
  if (!base) return;
  const variant = chosen();
  const decimals = decimalsOf(currency);
  const multipliers = [...buying.querySelectorAll("[data-multiplier]:checked")].map(({ dataset }) => dataset.multiplier);
  const amount = variant?.dataset.price || base;
  const now = unitPrice(amount, { multipliers, percentage: off || 0, decimals });
  const before = unitPrice(amount, { multipliers, decimals });
  const price = part("price");
  const isFrom = price.dataset.from === "yes" && !variant;
  write(price, isFrom ? say("from {price}", { price: money(now, currency) }) : money(now, currency));
  part("before").hidden = now === before;
  if (now !== before) write(part("before").lastChild, money(before, currency));
}

function drawStock() {
  const { available } = form().dataset;
  for (const bearer of bearers()) drawChip(bearer);
  for (const one of buying.querySelectorAll(".swatch")) drawSwatch(one);
  const variant = chosen();
  const units = (variant ? [variant] : bearers()).reduce((sum, { dataset }) => sum + Number(dataset.units), 0);
  const level = stockLevel(units, lowAt);
  const words = { out: say("Sold out"), low: say("Only {n} left", { n: count(units) }), ok: say("{n} in stock", { n: count(units) }) };
  part("stock").dataset.level = level;
  if (available === "yes") write(part("words"), words[level]);
  part("add").disabled = level === "out";
  if (shownLevel !== null && shownLevel !== level) announcer.level({ id, title: title() }, level);
  shownLevel = level;
}

function drawChip({ dataset, parentElement }) {
  const words = parentElement.querySelector("[data-words]");
  if (!words) return;
  const level = stockLevel(Number(dataset.units), lowAt);
  parentElement.dataset.level = level;
  const said = level === "out" ? say("sold out") : say("{n} in stock", { n: count(Number(dataset.units)) });
  parentElement.title = said;
  write(words, `, ${said}`);
}

function drawSwatch(element) {
  const number = element.querySelector("input").value;
  const some = [...buying.querySelectorAll(`.variant-group[data-group="${number}"] [data-variant]`)];
  element.dataset.level = some.some(({ dataset }) => Number(dataset.units) > 0) ? "ok" : "out";
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ---------------------------------------------------------------- what the server says

document.addEventListener("stockwire:event", ({ detail: { type, data, version } }) => {
  if (STOCK_EVENTS.has(type) && data.product_id === id) hearStock(data, version ?? data.version ?? 0);
  else if (OTHER_EVENTS.has(type) && data.product_id === id) stale(buying);
  else if (SALE_EVENTS.has(type) && concernsSale(data.sale)) stale(buying);
});
document.addEventListener("stockwire:lost", () => {
  told.clear();
  stale(buying);
});

function hearStock(data, version) {
  if (version <= (told.get(data.variant_id)?.version ?? -1)) return;
  told.set(data.variant_id, { units: Math.max(0, data.stock), version });
  recall();
  drawStock();
}

/** Put in what events have told: a part that was fetched meanwhile may be older than they are. */
function recall() {
  const { version, available } = form().dataset;
  for (const { dataset } of bearers()) {
    const known = told.get(dataset.variant);
    if (known && known.version > Number(version)) dataset.units = available === "yes" ? known.units : 0;
  }
}

function concernsSale(sale) {
  return sale && (sale.products.includes(id) || sale.id === form().dataset.sale);
}

// ---------------------------------------------------------------- the start, and after each fetch

function take() {
  if (!form()) return; // it is no longer sold
  offerGroups();
  recall();
  draw();
  countdown.follow(part("countdown"), form().dataset);
}

buying.addEventListener("change", choose);
buying.addEventListener("htmx:afterSwap", take);
take();
