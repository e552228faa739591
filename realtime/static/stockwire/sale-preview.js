// A flash sale's prices beside its form, before it is saved. The server counts; this only asks again.

const PAUSE_MILLISECONDS = 250;
const box = document.getElementById("sale-preview");
const percentage = document.getElementById("id_discount_percentage");
const products = document.getElementById("id_products");
let timer;
let asked = 0;

async function ask() {
  const mine = ++asked;
  const words = new URLSearchParams({ percentage: percentage.value });
  for (const { value } of products.selectedOptions) words.append("product", value);
  const answer = await fetch(`${box.dataset.path}?${words}`, { credentials: "same-origin" });
  // Made by our own template, which escapes names.
  if (answer.ok && mine === asked) box.querySelector("[data-part=prices]").innerHTML = await answer.text();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MILLISECONDS);
}

if (box && percentage && products) {
  percentage.addEventListener("input", soon);
  products.addEventListener("change", soon);
  // The list with a search in it tells only those who ask in its own way.
  globalThis.django?.jQuery?.(products).on("change", soon);
  ask();
}
