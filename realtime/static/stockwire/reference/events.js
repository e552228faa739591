// Shows each event as it comes: `live.js` hears them, this only draws.

const MOST = 100;
const list = document.querySelector("[data-heard]");
const nothing = document.querySelector("[data-nothing]");

document.addEventListener("stockwire:event", ({ detail: event }) => {
  nothing.hidden = true;
  list.prepend(line(event));
  while (list.children.length > MOST) list.lastElementChild.remove();
  const count = document.querySelector(`[data-type="${CSS.escape(event.type)}"] [data-count]`);
  if (!count) return;
  count.hidden = false;
  count.value = Number(count.value) + 1;
});

/** What one looks for in a line: whose it is, and the figure that has changed. */
function gist({ metric, value, product_id, order_id, user_id, stock }) {
  if (metric) return `${metric} ${value}`;
  return [product_id ?? order_id ?? user_id, stock === undefined ? "" : `${stock} left`].filter(Boolean).join(" · ");
}

function line(event) {
  const item = document.createElement("li");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const time = document.createElement("time");
  time.dateTime = event.timestamp;
  time.textContent = event.timestamp.slice(11, 23);
  const name = document.createElement("code");
  name.textContent = event.type;
  summary.append(time, " ", name, ` ${gist(event.data)}`);
  const whole = document.createElement("pre");
  whole.textContent = JSON.stringify(event, null, 2);
  details.append(summary, whole);
  item.append(details);
  return item;
}
