// The support chat, on its page and in the bubble. New messages are fetched by their numbers and put behind those that
// are there: each once, in order. Without this module the chat is a page with a form.

import { htmxHere } from "./htmx_here.js";

let line = Promise.resolve();

function log() {
  return document.querySelector("[data-chat-log]");
}

function last(list) {
  return list.querySelector("li[data-number]:last-of-type")?.dataset.number ?? 0;
}

/** One fetch after the other: two at once would bring the same messages twice. */
function catchUp() {
  line = line.then(async () => {
    const list = log();
    // What nobody sees has not been read; it is fetched when somebody looks.
    if (!list || document.visibilityState === "hidden" || !list.checkVisibility()) return;
    const htmx = await htmxHere();
    if (!htmx) return;
    await htmx.ajax("GET", `${list.dataset.chatLog}?after=${last(list)}`, { target: list, swap: "beforeend" });
    toEnd();
    htmx.trigger(document.body, "chat-read");
  });
  line = line.catch(() => {});
}

function toEnd() {
  const list = log();
  if (list) list.scrollTop = list.scrollHeight;
}

document.addEventListener("stale", ({ target }) => {
  if (target.matches?.("[data-chat-log]")) catchUp();
});
document.body.addEventListener("chat-written", catchUp);
document.addEventListener("visibilitychange", catchUp);
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (detail.target?.matches?.("[data-composer]") && detail.requestConfig?.verb === "post") {
    document.querySelector("[data-composer] textarea")?.focus();
  }
  if (target.id === "chat-panel") {
    toEnd();
    target.querySelector("textarea, input:not([type=hidden])")?.focus();
    globalThis.htmx.trigger(document.body, "chat-read");
  }
});
// Enter sends; with Shift it is a new line, and while a script's characters are being composed it is theirs.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  const form = event.target.closest?.("[data-composer]");
  if (!form || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  form.requestSubmit();
});

const bubble = document.querySelector("[data-bubble]");
if (bubble) {
  const panel = bubble.querySelector("#chat-panel");
  const button = bubble.querySelector("button.bubble-link");
  const show = async (isOpen) => {
    panel.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    button.querySelector("[data-open]").hidden = !isOpen;
    button.querySelector("[data-closed]").hidden = isOpen;
    if (isOpen) {
      (await htmxHere())?.trigger(panel, "open-chat");
      for (const toast of document.querySelectorAll('[data-toast][data-about="support"]')) toast.remove();
    } else {
      button.focus();
    }
  };
  bubble.querySelector("a.bubble-link").hidden = true;
  button.hidden = false;
  button.addEventListener("click", () => show(panel.hidden));
  bubble.addEventListener("keydown", ({ key }) => key === "Escape" && !panel.hidden && show(false));
}
toEnd();
