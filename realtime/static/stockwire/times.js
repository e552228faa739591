// Moments in the visitor's own time. The server knows their language, not their clock, and writes UTC.
//
//   <time datetime="2026-11-26T03:20:22+00:00" data-moment>26 Nov 2026, 03:20</time>

import { locale } from "./words.js";

const written = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

function put(part) {
  for (const time of part.querySelectorAll("time[data-moment]")) {
    time.textContent = written.format(new Date(time.dateTime));
    delete time.dataset.moment;
  }
}

put(document);
document.addEventListener("htmx:load", ({ target }) => put(target));
