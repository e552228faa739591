// The console's start page, kept fresh: figures from `metric` events, charts and lists fetched again when an event
// has changed them. What is heard, and how often a part is fetched at most, is in the page itself (see live.js).

import "./live.js";

const STATES = {
  loading: "Loading…",
  connecting: "Connecting…",
  live: "Live",
  waiting: "Connection lost, trying again…",
  stopped: "Not permitted to listen: sign in again",
  idle: "Not connected",
};
const CHART_MILLISECONDS = 700;
// Refunds of earlier days, and midnight, are rare: the month is asked for seldom, and today's bar is set by figures.
const MONTH_MILLISECONDS = 600_000;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });

function show(card, value) {
  const place = card.querySelector("strong");
  const unit = card.dataset.unit ? ` ${card.dataset.unit}` : "";
  const text = number.format(value) + unit;
  if (place.textContent === text) return;
  const changed = place.dataset.value !== String(value);
  place.dataset.value = value;
  place.textContent = text;
  if (changed) place.animate?.([{ color: "var(--color-primary-500)" }, {}], 1_200);
}

/** Moments as the reader's clock has them; the day besides, where it isn't today. */
function tellTimes(root) {
  const today = day.format(new Date());
  for (const element of root.querySelectorAll("time")) {
    const moment = new Date(element.dateTime);
    const date = day.format(moment);
    element.textContent = date === today ? clock.format(moment) : `${date} ${clock.format(moment).slice(0, 5)}`;
    element.title = moment.toLocaleString();
  }
}

// --------------------------------------------------------------------------------------------------- charts

const chartOf = (holder) => globalThis.Chart?.getChart(holder.querySelector("canvas"));
const underWay = new WeakMap();

async function draw(holder) {
  const chart = chartOf(holder);
  if (!chart) return;
  const answer = await fetch(holder.dataset.chart, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { labels, datasets } = await answer.json();
  chart.data.labels = labels;
  datasets.forEach(({ data }, index) => (chart.data.datasets[index].data = data));
  chart.update();
}

function drawSoon(holder) {
  if (underWay.has(holder)) return;
  underWay.set(
    holder,
    setTimeout(() => {
      underWay.delete(holder);
      draw(holder);
    }, CHART_MILLISECONDS),
  );
}

function setToday(metric, value) {
  const index = { orders_today: 0, revenue_today: 1 }[metric];
  if (index === undefined) return;
  for (const holder of document.querySelectorAll("[data-chart-today]")) {
    const data = chartOf(holder)?.data.datasets[index].data;
    if (!data || data.at(-1) === value) continue;
    data[data.length - 1] = value;
    chartOf(holder).update();
  }
}

// -------------------------------------------------------------------------------------------------- listening

document.addEventListener("stockwire:event", ({ detail: { type, data } }) => {
  if (type === "metric") {
    const card = document.querySelector(`[data-metric="${CSS.escape(data.metric)}"]`);
    if (card) show(card, data.value);
    setToday(data.metric, data.value);
    return;
  }
  for (const holder of document.querySelectorAll("[data-chart-on]")) {
    if (holder.dataset.chartOn.split(" ").includes(type)) drawSoon(holder);
  }
});

let wasAway = false;
document.addEventListener("stockwire:state", ({ detail: { state } }) => {
  const light = document.querySelector("[data-console-state]");
  light.dataset.consoleState = state;
  light.firstElementChild.textContent = STATES[state];
  // What the events of a time away would have changed in the charts.
  if (state === "live" && wasAway) document.querySelectorAll("[data-chart]").forEach(drawSoon);
  wasAway = state !== "live" && (wasAway || state === "waiting");
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  tellTimes(target);
  const part = target.querySelector("[data-total]");
  if (part) show(document.querySelector(`[data-${part.dataset.totalOf}]`), Number(part.dataset.total));
});

for (const card of document.querySelectorAll(".console-card")) {
  show(card, Number(card.querySelector("strong").dataset.value));
}
tellTimes(document);
setInterval(() => document.querySelectorAll("[data-chart-today]").forEach(draw), MONTH_MILLISECONDS);
