// What is pressed while there is no connection: it is said, nothing that was typed is lost, and a message to support,
// which bears a key of its own and so is written once, is sent as soon as the line is back.

import { say } from "./words.js";

const AGAIN_MILLISECONDS = 4_000;

function note(form, text) {
  let line = form.querySelector("[data-unsent]");
  if (!line) {
    line = document.createElement("p");
    line.className = "problem";
    line.dataset.unsent = "";
    line.setAttribute("role", "alert");
    form.prepend(line);
  }
  line.textContent = text;
}

function sendAgain() {
  for (const line of document.querySelectorAll("[data-composer] [data-unsent]")) {
    const form = line.closest("form");
    if (form.querySelector("textarea")?.value.trim()) form.requestSubmit();
    else line.remove();
  }
}

document.addEventListener("htmx:sendError", ({ target, detail }) => {
  if (detail.requestConfig?.verb === "get") return;
  const form = target.closest?.("form");
  if (!form) return;
  if (form.matches("[data-composer]")) {
    note(form, say("No connection. It will be sent when there is one again."));
    // A page whose own connection was never cut hears of nothing that is mended.
    setTimeout(sendAgain, AGAIN_MILLISECONDS);
  } else {
    note(form, say("No connection. Nothing was changed; please try again."));
  }
});
addEventListener("online", sendAgain);
document.addEventListener("stockwire:state", ({ detail }) => detail.state === "live" && sendAgain());

// A form that is a page of its own would be replaced by the browser's own words, and what was typed with it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (navigator.onLine || event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  event.preventDefault();
  delete form.dataset.sent;
  note(form, say("No connection. Nothing was changed; please try again."));
});
