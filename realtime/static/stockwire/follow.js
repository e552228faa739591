// The event log as it grows: asked for over REST, from where the page began. Only so many are kept on the page.

const EVERY_MILLISECONDS = 1_000;
const AFTER_FAILURE_MILLISECONDS = 5_000;
const AT_ONCE = 200;
const SHOWN = 300;

const $ = (id) => document.getElementById(id);
let cursor = $("log").dataset.cursor;
let isPaused = false;
let passed = 0;

function element(tag, words, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = words;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** `order.placed` itself, `order.*` all that begin so, nothing all. */
function isWanted({ type, data }) {
  const wanted = $("type").value.trim();
  const subject = $("subject").value.trim();
  const isType = !wanted || type === wanted || (wanted.endsWith("*") && type.startsWith(wanted.slice(0, -1)));
  return isType && (!subject || Object.values(data ?? {}).includes(subject));
}

function subjectOf({ data }) {
  const [, id] = Object.entries(data ?? {}).find(([name]) => name.endsWith("_id")) ?? [];
  return id ?? "";
}

function row(event) {
  const made = element("details", "");
  const line = element("summary", "");
  line.append(element("span", new Date(event.timestamp).toLocaleTimeString()), element("span", event.type), element("span", subjectOf(event), { class: "quiet" }));
  made.append(line);
  // Written out when somebody looks: most are never opened.
  made.addEventListener("toggle", () => made.childElementCount === 1 && made.append(element("pre", JSON.stringify(event, null, 2))), { once: true });
  const item = element("li", "", { "data-type": event.type });
  item.append(made);
  return item;
}

function show(events) {
  const list = $("events");
  const wanted = events.filter(isWanted).slice(-SHOWN).reverse();
  passed += events.length;
  list.prepend(...wanted.map(row));
  while (list.childElementCount > SHOWN) list.lastElementChild.remove();
  $("state").textContent = `${passed} recorded since this page was opened; ${list.childElementCount} shown`;
}

/** Whether there may be more at once. */
async function fetchMore() {
  const answer = await fetch(`/api/events?limit=${AT_ONCE}&after=${encodeURIComponent(cursor)}`, { credentials: "same-origin", headers: { accept: "application/json" } });
  if (answer.status === 410) {
    location.reload();
    return false;
  }
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const { events, cursor: next } = await answer.json();
  cursor = next;
  if (events.length) show(events);
  return events.length === AT_ONCE;
}

async function follow() {
  let wait = EVERY_MILLISECONDS;
  try {
    if (!isPaused && document.visibilityState === "visible" && (await fetchMore())) wait = 0;
  } catch (problem) {
    $("state").textContent = `Can't be reached (${problem.message}); trying again …`;
    wait = AFTER_FAILURE_MILLISECONDS;
  }
  setTimeout(follow, wait);
}

$("pause").addEventListener("click", ({ target }) => {
  isPaused = !isPaused;
  target.setAttribute("aria-pressed", isPaused);
  target.textContent = isPaused ? "Go on" : "Pause";
});
$("clear").addEventListener("click", () => $("events").replaceChildren());
for (const id of ["type", "subject"]) {
  $(id).addEventListener("input", () => {
    $("events").replaceChildren();
  });
}
follow();
