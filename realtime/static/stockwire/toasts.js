// Shows a notification beside whatever page is open, when it comes. The server writes it, in the visitor's language.

import { htmxHere } from "./htmx_here.js";

const SHOWN_MILLISECONDS = 8_000;
const MOST = 4;
const place = document.querySelector("[data-toasts]");

document.addEventListener("stockwire:event", async ({ detail: { type, data } }) => {
  if (type !== "notification.created" || !place) return;
  // Who has the chat open sees the answer itself.
  if (data.type === "support" && document.querySelector("[data-chat-log]")?.checkVisibility()) return;
  const address = `/notifications/${encodeURIComponent(data.notification_id)}/toast`;
  (await htmxHere())?.ajax("GET", address, { target: place, swap: "beforeend" });
});

place?.addEventListener("htmx:afterSettle", () => {
  const toasts = [...place.querySelectorAll("[data-toast]")];
  for (const toast of toasts.slice(0, -MOST)) toast.remove();
  for (const toast of toasts.filter(({ dataset }) => !dataset.until)) {
    toast.dataset.until = "soon";
    setTimeout(() => leave(toast), SHOWN_MILLISECONDS);
  }
});

place?.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove());

/** Whoever is at it, with the mouse or the keyboard, keeps it. */
function leave(toast) {
  if (!toast.matches(":hover, :focus-within")) toast.remove();
  else setTimeout(() => leave(toast), SHOWN_MILLISECONDS);
}
