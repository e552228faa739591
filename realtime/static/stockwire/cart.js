// Shows which prices have changed while the page was open. A cart has no prices of its own: they are always those of
// now, so what somebody has seen before is only known here.

const seen = new Map();

function look(part) {
  for (const line of part.querySelectorAll("[data-line]")) {
    const price = line.querySelector("[data-price]")?.textContent.trim() ?? "";
    const key = `${line.dataset.line} ${quantityOf(line)}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, price);
    const was = line.querySelector("[data-was]");
    if (!was || before === undefined || before === price) continue;
    was.textContent = before;
    was.hidden = false;
    line.classList.add("repriced");
  }
}

// In the summary the price is that of the whole line: another quantity is no other price.
function quantityOf(line) {
  return line.querySelector("input[type=number]") ? "" : (line.querySelector("span")?.firstChild?.textContent.trim() ?? "");
}

for (const part of document.querySelectorAll("[data-prices]")) {
  look(part);
  part.addEventListener("htmx:afterSettle", () => look(part));
}
