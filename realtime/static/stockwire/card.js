// One product's card. Made once, from the page's <template> or by the server; after that only what changed is touched.
// Text from data goes in as text, never as HTML.

import { count, cssColor, decimalsOf, duration, hueOf, initials, money, ownImage, percentOff } from "./format.js";
import { salePrice } from "./sales.js";
import { stockLevel, totalStock, variantStock } from "./store.js";
import { say } from "./words.js";

const COLOR = "color";
const LEVEL_WORDS = { out: "sold out", low: "nearly gone", ok: "in stock" };
const OPTION_TITLES = { flavors: "Flavours", sizes: "Sizes", eggOptions: "Made with" };

export class Card {
  #parts = {};
  #lowAt;
  #product;
  #color = null;
  #variantId = null;
  #running = null;
  #shown = {};

  /** `element` has a card's parts, filled or not. */
  constructor(element, { lowAt }) {
    this.#lowAt = lowAt;
    this.element = element;
    for (const part of this.element.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#addMoving();
    this.element.addEventListener("change", (event) => this.#choose(event.target));
    this.element.addEventListener("click", (event) => this.#unchoose(event));
    this.#parts.image.addEventListener("error", () => this.#placeholder());
  }

  /**
   * Draw `product`, and the sale that is running for it (`{sale, left}`, milliseconds). With `animate`, what changed
   * draws the eye. Returns the level it changed to, or null.
   */
  update(product, { animate = false, running = null } = {}) {
    const first = this.#product === undefined;
    this.#product = product;
    this.#running = running;
    this.#drawDescription();
    this.#drawVariants();
    this.#drawPrice(animate && !first);
    this.#drawSale();
    this.#drawFigure(animate && !first);
    return this.#drawBadge(first);
  }

  // What is empty until something moves is not in the page.
  #addMoving() {
    const delta = document.createElement("em");
    delta.ariaHidden = "true";
    Object.assign(this.#parts, { of: span("of", ""), delta });
    this.#parts.stock.append(" ", this.#parts.of, delta);
  }

  get level() {
    return this.#shown.level;
  }

  #drawDescription() {
    const product = this.#product;
    const parts = this.#parts;
    if (this.#changed("id", product.id)) {
      this.element.dataset.id = product.id;
      parts.link.href = `/p/${encodeURIComponent(product.id)}`;
    }
    if (this.#changed("title", product.title)) {
      parts.link.textContent = product.title;
      parts.initials.textContent = initials(product.title);
      parts.media.dataset.hue = hueOf(product.title);
    }
    if (this.#changed("category", product.category)) parts.category.textContent = product.category;
    if (this.#changed("image", product.image)) this.#drawImage();
  }

  #drawImage() {
    const address = ownImage(this.#product.image);
    if (!address) {
      this.#placeholder();
      return;
    }
    this.#parts.image.src = address;
    this.#parts.image.hidden = false;
    this.#parts.initials.hidden = true;
  }

  #placeholder() {
    this.#parts.image.hidden = true;
    this.#parts.image.removeAttribute("src");
    this.#parts.initials.hidden = false;
  }

  // Where there are colours and something else, a colour is picked first and its sizes are shown.
  #drawVariants() {
    const { variants, options } = this.#product;
    const key = JSON.stringify([variants, options.map((option) => option.choices)]);
    if (this.#changed("variants", key)) {
      if (!variants.some((variant) => variant.id === this.#variantId)) this.#variantId = null;
      const colors = colorsOf(variants);
      if (!colors.includes(this.#color)) this.#color = colors[0] ?? null;
      this.#parts.colors.replaceChildren(...colors.map((color) => this.#swatch(color)));
      this.#parts.colors.hidden = colors.length === 0;
      this.#drawChips();
      this.#drawOptions();
    }
    this.#drawDots();
  }

  #drawChips() {
    const variants = this.#product.variants.filter(
      ({ attributes }) => this.#color === null || (attributes[COLOR] ?? this.#color) === this.#color,
    );
    this.#parts.chips.replaceChildren(...variants.map((variant) => this.#chip(variant)));
    this.#parts.chips.hidden = variants.length === 0;
  }

  #drawOptions() {
    const lines = this.#product.options.map(({ name, choices }) => {
      const line = document.createElement("p");
      const label = document.createElement("span");
      label.textContent = OPTION_TITLES[name] ? say(OPTION_TITLES[name]) : name;
      line.append(label, " ", choices.join(", "));
      return line;
    });
    this.#parts.options.replaceChildren(...lines);
    this.#parts.options.hidden = lines.length === 0;
  }

  #swatch(color) {
    const label = radio({ className: "swatch", name: `color-${this.#product.id}`, value: color });
    label.input.dataset.color = color;
    label.input.checked = color === this.#color;
    label.text.textContent = color;
    label.element.title = color;
    paintSwatch(label.element, color);
    return label.element;
  }

  #chip(variant) {
    const label = radio({ className: "chip", name: `variant-${this.#product.id}`, value: variant.id });
    label.input.dataset.variant = variant.id;
    label.input.checked = variant.id === this.#variantId;
    const words = attributesOf(variant, this.#color).join(" / ") || variant.attributes[COLOR] || say("One size");
    label.text.textContent = words;
    const dot = document.createElement("i");
    dot.className = "dot";
    label.element.append(dot);
    const state = document.createElement("span");
    state.className = "visually-hidden";
    label.element.append(state);
    return label.element;
  }

  #drawDots() {
    const product = this.#product;
    for (const chip of this.#parts.chips.children) {
      const figure = product.available ? variantStock(product, chip.querySelector("input").value) : 0;
      const level = stockLevel(figure, this.#lowAt);
      if (chip.dataset.level !== level) chip.dataset.level = level;
      const words = level === "out" ? say(LEVEL_WORDS.out) : `${count(figure)} ${say(LEVEL_WORDS[level])}`;
      if (chip.title !== words) {
        chip.title = words;
        chip.lastElementChild.textContent = `, ${words}`;
      }
    }
    for (const swatch of this.#parts.colors.children) {
      const color = swatch.querySelector("input").value;
      const left = product.variants
        .filter((variant) => variant.attributes[COLOR] === color)
        .reduce((sum, variant) => sum + variantStock(product, variant.id), 0);
      swatch.dataset.level = stockLevel(product.available ? left : 0, 0);
    }
  }

  #drawPrice(animate) {
    const { price, currency, variants } = this.#product;
    const chosen = variants.find((variant) => variant.id === this.#variantId);
    const own = variants.map((variant) => variant.price ?? price).filter((amount) => amount !== null);
    const lowest = own.length ? Math.min(...own) : price;
    const from = !chosen && own.some((amount) => amount !== lowest);
    const amount = chosen ? (chosen.price ?? price) : lowest;
    const now = salePrice(amount, this.#running?.sale, decimalsOf(currency));
    const words = from ? say("from {price}", { price: money(now, currency) }) : money(now, currency);
    const before = now === amount ? "" : money(amount, currency);
    if (this.#changed("before", before)) {
      this.#parts.before.textContent = before;
      this.#parts.before.hidden = before === "";
    }
    if (!this.#changed("price", words)) return;
    this.#parts.price.textContent = words;
    if (animate) flash(this.#parts.price);
  }

  // Its seconds are drawn as often as somebody asks for it; the rest only when it changes.
  #drawSale() {
    const { sale = null, left = 0 } = this.#running ?? {};
    const words = sale === null ? "" : saleWords(sale);
    if (this.#changed("sale", words)) {
      this.#parts.sale.replaceChildren(span("", words), " ", span("ends", ""));
      this.#parts.sale.firstChild.dir = "auto";
      this.#parts.sale.hidden = words === "";
      this.element.toggleAttribute("data-sale", sale !== null && !sale.soldOut);
    }
    const ends = sale === null || sale.soldOut ? "" : duration(left);
    if (!this.#changed("ends", ends + words)) return;
    this.#parts.sale.lastChild.textContent = ends === "" ? "" : say("ends in {time}", { time: ends });
  }

  #drawFigure(animate) {
    const product = this.#product;
    const chosen = product.variants.find((variant) => variant.id === this.#variantId);
    const sellable = chosen ? variantStock(product, chosen.id) : totalStock(product);
    const figure = product.available ? sellable : 0;
    const level = stockLevel(figure, this.#lowAt);
    const subject = chosen ? chosen.id : "";
    const words = say({ out: "Sold out", low: "left", ok: "in stock" }[level]);
    const of = chosen ? Object.values(chosen.attributes).join(", ") : "";
    this.#parts.stock.dataset.level = level;
    if (this.#changed("words", `${words}|${of}`)) {
      this.#parts.words.textContent = words;
      this.#parts.of.textContent = of;
    }
    const before = this.#shown.figure;
    const sameSubject = !this.#changed("subject", subject);
    if (!this.#changed("figure", figure)) return;
    this.#parts.figure.textContent = level === "out" ? "" : count(figure);
    if (animate && sameSubject) bump(this.#parts.figure, this.#parts.delta, figure - before);
  }

  #drawBadge(first) {
    const product = this.#product;
    const total = totalStock(product);
    const level = product.available ? stockLevel(total, this.#lowAt) : "out";
    const words = !product.available
      ? say("Unavailable")
      : { out: say("Sold out"), low: say("Only {n} left", { n: count(total) }), ok: "" }[level];
    if (this.#changed("badge", words)) {
      this.#parts.badge.textContent = words;
      this.#parts.badge.hidden = words === "";
    }
    if (!this.#changed("level", level)) return null;
    this.element.dataset.level = level;
    return first ? null : level;
  }

  #choose(input) {
    if (input.dataset.color !== undefined) {
      this.#color = input.dataset.color;
      this.#variantId = null;
      this.#drawChips();
      this.#drawDots();
    } else if (input.dataset.variant !== undefined) {
      this.#variantId = input.dataset.variant;
    }
    this.#drawPrice(false);
    this.#drawFigure(false);
  }

  // A radio button can't be taken back; a second press on a size goes back to the whole product.
  #unchoose(event) {
    const input = event.target;
    if (input.dataset?.variant === undefined) return;
    if (input.dataset.chosen === "yes") {
      input.checked = false;
      delete input.dataset.chosen;
      this.#variantId = null;
      this.#drawPrice(false);
      this.#drawFigure(false);
      return;
    }
    for (const other of this.#parts.chips.querySelectorAll("input")) delete other.dataset.chosen;
    input.dataset.chosen = "yes";
  }

  #changed(name, value) {
    if (this.#shown[name] === value) return false;
    this.#shown[name] = value;
    return true;
  }
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function saleWords({ soldOut, percentage, name }) {
  return soldOut ? say("Sold out at the sale's price") : `${percentOff(percentage)} · ${name}`;
}

function radio({ className, name, value }) {
  const element = document.createElement("label");
  element.className = className;
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name, value, className: "visually-hidden" });
  const text = document.createElement("span");
  text.className = "label";
  element.append(input, text);
  return { element, input, text };
}

function paintSwatch(element, color) {
  const paint = cssColor(color);
  if (paint) element.style.setProperty("--paint", paint);
  else element.dataset.unknown = [...color][0] ?? "";
}

function colorsOf(variants) {
  const hasMore = variants.some((variant) => Object.keys(variant.attributes).some((name) => name !== COLOR));
  if (!hasMore) return [];
  return [...new Set(variants.map((variant) => variant.attributes[COLOR]).filter((color) => color !== undefined))];
}

function attributesOf(variant, color) {
  return Object.entries(variant.attributes)
    .filter(([name]) => color === null || name !== COLOR)
    .map(([, value]) => value);
}

const reducedMotion = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

function flash(element) {
  if (reducedMotion?.matches) return;
  element.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], {
    duration: 1600,
    easing: "ease-out",
  });
}

// The figure slides in from where it came from, and what was added or taken floats off beside it.
function bump(figure, delta, change) {
  if (reducedMotion?.matches || change === 0) return;
  const from = change < 0 ? "-0.45em" : "0.45em";
  figure.animate(
    [
      { transform: `translateY(${from})`, opacity: 0.2 },
      { transform: "none", opacity: 1 },
    ],
    { duration: 320, easing: "cubic-bezier(.2,.8,.2,1)" },
  );
  delta.textContent = (change < 0 ? "−" : "+") + count(Math.abs(change));
  delta.dataset.sign = change < 0 ? "down" : "up";
  delta.animate(
    [
      { opacity: 0, transform: "translateY(0)" },
      { opacity: 1, transform: "translateY(0)", offset: 0.15 },
      { opacity: 1, transform: "translateY(0)", offset: 0.6 },
      { opacity: 0, transform: `translateY(${change < 0 ? "0.5em" : "-0.5em"})` },
    ],
    { duration: 1800, easing: "ease-out" },
  );
}
