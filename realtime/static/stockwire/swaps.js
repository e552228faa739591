// What parts of a page need when they are swapped for fresh ones: nothing is taken out of anybody's hands, the
// keyboard does not lose its place, and whoever can't see the change is told of it.
//
//   <p data-say>…</p>          in a part: said politely when it has become another text
//   <h1 data-focus tabindex="-1">   where the keyboard goes when what it was on is gone
//   <form data-once>           sent once: further presses wait for the answer to the first
//
// A form that comes back begins at the first field that is wrong, which says what is wrong with it (`aria-describedby`).

import "./times.js";

const announcer = document.querySelector("[data-announcer]");
const late = new Set();

function isBeingTyped(element) {
  if (!element?.matches?.("input:not([type=hidden]), textarea")) return false;
  return element.type === "radio" || element.type === "checkbox" ? false : element.value !== element.defaultValue;
}

function saidIn(element) {
  return element?.querySelector?.("[data-say]")?.textContent.trim() ?? "";
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, requestConfig } = detail;
  const field = document.activeElement;
  if (requestConfig?.verb === "get" && target.contains(field) && isBeingTyped(field)) {
    detail.shouldSwap = false;
    late.add(target);
    return;
  }
  target.dataset.said = saidIn(target);
});

document.addEventListener("focusout", () => {
  for (const element of late) if (element.isConnected) globalThis.htmx?.trigger(element, "stale");
  late.clear();
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const { target, requestConfig } = detail;
  const said = saidIn(target);
  if (announcer && said && said !== target.dataset?.said) announcer.textContent = said;
  const isLost = document.activeElement === document.body || document.activeElement === null;
  if (requestConfig?.verb !== "get" && isLost) document.querySelector("[data-focus]")?.focus();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

document.querySelector("main [aria-invalid=true]")?.focus();

// Whoever comes back to a page that was put aside may send its form again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) delete form.dataset.sent;
});
