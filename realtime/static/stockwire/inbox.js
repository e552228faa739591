// The support inbox: open chats, and one of them to talk in. Fetches and sends over REST, hears over /ws. What
// people have written is put into the page as text, never as HTML.

import { LiveClient } from "./client.js";

const TYPING_MILLISECONDS = 6_000; // a little longer than the server says it for
const PAGE = 100;
const SHOWN = 200;
const SAID_AGAIN_MILLISECONDS = 3_000; // sooner than the server ends it
const RANK = { urgent: 0, high: 1, normal: 2, low: 3 };
const WORDS = { loading: "Loading …", connecting: "Connecting …", live: "Live", waiting: "Offline; trying again …", stopped: "Disconnected: sign in again", idle: "" };

const $ = (id) => document.getElementById(id);
const desk = $("inbox");
const me = desk.dataset.me;
const mayAnswer = desk.dataset.mayAnswer === "true";
const here = new Set(JSON.parse($("here").textContent));
const chats = new Map();
const drafts = new Map();
const typing = new Map();
let current = null;
let missing = null; // the chat that could not be fetched whole when it was chosen
let told = null; // where it was last told that we write, and when
const unsent = []; // what is on its way, or has failed
let messages = new Map();

// ------------------------------------------------------------------------------------------ the server

async function ask(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(body ? { "content-type": "application/json" } : {}), "x-csrftoken": desk.dataset.csrf, ...headers },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) {
    const refusal = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(refusal.message ?? `HTTP ${answer.status}`), { status: answer.status });
  }
  return answer;
}

const pathOf = (id, part) => `/api/support/chats/${encodeURIComponent(id)}/${part}`;

/** All that wait, afresh; the place in the log from which on the rest is heard. */
async function snapshot() {
  const answers = await Promise.all(["open", "claimed"].map((status) => ask("GET", `/api/support/chats?status=${status}&limit=${PAGE}`)));
  const lists = await Promise.all(answers.map((answer) => answer.json()));
  chats.clear();
  for (const chat of lists.flat()) chats.set(chat.id, chat);
  const rooms = [...chats.keys()].map((id) => `chat:${id}`);
  client.unsubscribe(client.topics.filter((topic) => topic !== "admin" && !rooms.includes(topic)));
  client.subscribe(rooms);
  if (current && chats.has(current)) await load(current);
  draw();
  return answers[0].headers.get("x-event-cursor");
}

async function load(id) {
  const said = await (await ask("GET", `${pathOf(id, "messages")}?limit=${PAGE}`)).json();
  if (id !== current) return;
  for (const message of said) messages.set(message.id, message);
  drawMessages();
  await markRead();
}

async function markRead() {
  const chat = chats.get(current);
  if (!chat || !mayAnswer || document.visibilityState === "hidden") return;
  const upto = Math.max(0, ...messages.keys());
  if (!upto || !chat.unread.staff) return;
  chat.unread = { ...chat.unread, staff: 0 };
  drawList();
  await ask("PUT", pathOf(chat.id, "read"), { messageId: upto }).catch(() => {});
}

// ------------------------------------------------------------------------------------------ what is heard

const HEARD = {
  "chat.opened": (data) => appeared(data),
  "chat.status_changed": (data) => appeared(data),
  "chat.message": heardMessage,
  typing: ({ chat_id: id, user, is_typing: isTyping }) => {
    clearTimeout(typing.get(id)?.timer);
    typing.delete(id);
    if (isTyping) typing.set(id, { name: user.name, timer: setTimeout(() => typing.delete(id) && drawTyping(), TYPING_MILLISECONDS) });
    drawTyping();
  },
  presence: ({ user_id: user, online }) => {
    if (online) here.add(user);
    else here.delete(user);
    draw();
  },
};

function appeared({ chat_id: id, user, issue, priority, status, claimed_by: claimedBy }) {
  const known = chats.get(id);
  const shop = (one) => one && { _id: one.id, name: one.name };
  const chat = { unread: { customer: 0, staff: 0 }, createdAt: new Date().toISOString(), ...known, id, user: shop(user), issue, priority, status, claimedBy: shop(claimedBy) };
  // What was closed stays as long as it is looked at.
  if (status === "closed" && id !== current) chats.delete(id);
  else chats.set(id, chat);
  if (!known && status !== "closed") {
    client.subscribe([`chat:${id}`]);
    recount(id);
  }
  draw();
}

/** What was written before it was heard of. */
async function recount(id) {
  const said = await (await ask("GET", `${pathOf(id, "messages")}?limit=${PAGE}`)).json().catch(() => []);
  const chat = chats.get(id);
  if (chat) chat.unread = { ...chat.unread, staff: Math.max(chat.unread.staff, said.filter((one) => !one.isAdmin).length) };
  drawList();
}

function heardMessage({ chat_id: id, message_id: number, user_id: userId, user, message, is_admin: isAdmin, created_at: timestamp }) {
  const chat = chats.get(id);
  HEARD.typing({ chat_id: id, user, is_typing: false });
  if (chat && !isAdmin) chat.unread = { ...chat.unread, staff: chat.unread.staff + 1 };
  if (id === current) {
    messages.set(number, { id: number, userId, user, message, timestamp, isAdmin });
    drawMessages();
    markRead();
  }
  drawList();
}

// ------------------------------------------------------------------------------------------ what is shown

const nameOf = (user) => user?.name || "Customer";

function element(tag, words, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = words;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function draw() {
  drawList();
  drawHead();
  drawTyping();
}

function drawList() {
  const order = (a, b) => RANK[a.priority] - RANK[b.priority] || a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);
  const rows = [...chats.values()].sort(order).slice(0, SHOWN).map((chat) => {
    const row = element("button", "", { type: "button", "data-chat": chat.id, ...(chat.id === current ? { "aria-current": "true" } : {}) });
    const who = element("span", "", { class: "who" });
    who.append(element("i", "", { class: "dot", "data-here": here.has(chat.user._id) }), element("span", nameOf(chat.user)));
    if (RANK[chat.priority] < RANK.normal) who.append(element("span", chat.priority, { class: "pill", "data-tone": "bad" }));
    who.append(element("span", chat.unread.staff || "", { class: "unread", "aria-label": `${chat.unread.staff} unread` }));
    row.append(who, element("span", chat.issue, { class: "issue" }), element("span", chat.claimedBy ? `${chat.status} by ${nameOf(chat.claimedBy)}` : chat.status, { class: "issue" }));
    row.addEventListener("click", () => choose(chat.id));
    return row;
  });
  const focused = document.activeElement?.dataset?.chat;
  $("chats").replaceChildren(...(rows.length ? rows : [element("p", "Nobody waits.", { class: "quiet", style: "padding: 1rem" })]));
  if (focused) $("chats").querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
}

function drawHead() {
  const chat = chats.get(current);
  $("talk").hidden = $("beside").hidden = !chat;
  $("choose").hidden = Boolean(chat);
  if (!chat) return;
  $("name").textContent = nameOf(chat.user);
  $("dot").dataset.here = here.has(chat.user._id);
  $("dot").title = here.has(chat.user._id) ? "Online" : "Away";
  $("status").textContent = chat.claimedBy ? `${chat.status} by ${chat.claimedBy._id === me ? "you" : nameOf(chat.claimedBy)}` : chat.status;
  const steps = { claimed: chat.status === "open", open: chat.status !== "open", closed: chat.status !== "closed" };
  for (const button of document.querySelectorAll("[data-step]")) button.hidden = !steps[button.dataset.step];
  for (const field of $("answer")?.elements ?? []) field.disabled = chat.status === "closed";
}

function drawTyping() {
  const who = typing.get(current);
  $("typing").textContent = who ? `${who.name || "Customer"} is writing …` : "";
}

function drawMessages() {
  const box = $("said");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const sorted = [...messages.values()].sort((a, b) => a.id - b.id).slice(-SHOWN);
  box.replaceChildren(
    ...[...sorted, ...unsent.filter((one) => one.chat === current)].map((one) => {
      const row = element("div", "", { class: "message", "data-staff": one.isAdmin, "data-state": one.state ?? "sent" });
      const when = new Date(one.timestamp).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      row.append(element("span", one.message), element("small", one.problem ?? `${nameOf(one.user)}, ${one.state === "sending" ? "sending …" : when}`));
      if (one.state === "failed") {
        const again = element("button", "Send again", { class: "button", type: "button" });
        again.addEventListener("click", () => deliver(one));
        row.append(again);
      }
      return row;
    }),
  );
  if (atEnd) box.scrollTop = box.scrollHeight;
}

// ------------------------------------------------------------------------------------------ what staff do

async function choose(id) {
  if (current && $("text")) drafts.set(current, $("text").value);
  if (chats.get(current)?.status === "closed") chats.delete(current);
  current = id;
  messages = new Map();
  if ($("text")) $("text").value = drafts.get(id) ?? "";
  draw();
  drawMessages();
  $("beside").replaceChildren(element("p", "…", { class: "quiet" }));
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  missing = null;
  const fail = (problem) => {
    missing = id;
    say(problem.message);
  };
  const beside = fetch(`${encodeURIComponent(id)}/beside/`, { credentials: "same-origin" }).catch(fail);
  await load(id).catch(fail);
  $("said").scrollTop = $("said").scrollHeight;
  const answer = await beside;
  if (id !== current) return;
  // Made by our own template, which escapes what people have written.
  if (answer?.ok) $("beside").innerHTML = await answer.text();
}

/** Shown at once; the key makes it one message however often it is sent. */
function send(text) {
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const one = { key, chat: current, message: text, isAdmin: true, user: { name: "You" } };
  unsent.push(one);
  deliver(one);
}

async function deliver(one) {
  Object.assign(one, { state: "sending", problem: undefined });
  drawMessages();
  $("said").scrollTop = $("said").scrollHeight;
  try {
    const stored = await (await ask("POST", pathOf(one.chat, "messages"), { message: one.message, clientMessageId: one.key })).json();
    unsent.splice(unsent.indexOf(one), 1);
    if (one.chat === current) messages.set(stored.id, stored);
  } catch (problem) {
    Object.assign(one, { state: "failed", problem: `Not sent: ${problem.message}` });
  }
  drawMessages();
}

/** The customer sees that somebody writes. What gets lost of it costs them a few seconds of not knowing. */
function tellTyping(isTyping) {
  const now = Date.now();
  const chat = isTyping ? current : told?.chat;
  if (!chat || (isTyping && told?.chat === chat && now - told.at < SAID_AGAIN_MILLISECONDS)) return;
  if (isTyping && told && told.chat !== chat) tellTyping(false);
  told = isTyping ? { chat, at: now } : null;
  fetch(`${encodeURIComponent(chat)}/typing/`, {
    method: "POST",
    credentials: "same-origin",
    keepalive: true,
    headers: { "x-csrftoken": desk.dataset.csrf },
    body: new URLSearchParams({ is_typing: isTyping }),
  }).catch(() => {});
}

async function step(to) {
  const id = current;
  try {
    const chat = await (await ask("PUT", pathOf(id, "status"), { status: to })).json();
    chats.set(id, chat);
    say("");
  } catch (problem) {
    say(problem.message);
  }
  draw();
}

function say(words) {
  $("line").textContent = words || WORDS[client.state.state];
}

$("answer")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim() || !current) return;
  $("text").value = "";
  drafts.delete(current);
  tellTyping(false);
  send(text);
});
$("text")?.addEventListener("input", ({ target }) => tellTyping(target.value.trim() !== ""));
$("text")?.addEventListener("blur", () => tellTyping(false));
$("text")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("answer").requestSubmit();
});
for (const { title, text } of JSON.parse($("canned").textContent)) $("insert")?.append(element("option", title, { value: text }));
$("insert")?.addEventListener("change", ({ target }) => {
  const field = $("text");
  field.setRangeText(target.value, field.selectionStart, field.selectionEnd, "end");
  target.value = "";
  field.focus();
});
for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(button.dataset.step));
document.addEventListener("visibilitychange", () => markRead());

const client = new LiveClient({
  topics: ["admin"],
  snapshot,
  onEvent: ({ type, data }) => HEARD[type]?.(data),
  onState: ({ state }) => {
    $("line").dataset.state = state;
    $("line").textContent = WORDS[state];
    if (state === "live" && current && missing === current) choose(current);
  },
});
client.start();
const wanted = decodeURIComponent(location.hash.slice(1));
if (wanted) {
  const opened = setInterval(() => {
    if (client.state.state === "loading") return;
    clearInterval(opened);
    if (chats.has(wanted)) choose(wanted);
  }, 50);
}
