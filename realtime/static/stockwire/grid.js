// The grid of cards: which are on show, and which of them have to be drawn again.
// However many events come, each card is drawn at most once a frame, and none that nobody has on show.

import { Card } from "./card.js";

// More movement than this at once is noise, and a burst must not cost the page its frame rate.
const MOST_ANIMATIONS_PER_FRAME = 24;

export class Grid {
  #element;
  #template;
  #lowAt;
  #store;
  #onLevel;
  #saleOf;
  #cards = new Map();
  #stale = new Set();
  #frame = null;

  /**
   * `onLevel(product, level)` is told when a product on show sells out, runs low or comes back. `saleOf(id)` says
   * which sale counts for a product now, and how long it still runs: `{sale, left}`, or null.
   */
  constructor({ element, template, lowAt, store, onLevel = () => {}, saleOf = () => null }) {
    this.#element = element;
    this.#template = template;
    this.#lowAt = lowAt;
    this.#store = store;
    this.#onLevel = onLevel;
    this.#saleOf = saleOf;
  }

  /** Show these products, in this order. Cards that are there already stay what they are. */
  show(ids) {
    const cards = new Map();
    for (const id of ids) {
      const product = this.#store.get(id);
      if (!product || cards.has(id)) continue;
      const card = this.#cards.get(id) ?? this.#card(id);
      card.update(product, { running: this.#saleOf(id) });
      cards.set(id, card);
    }
    this.#cards = cards;
    this.#stale.clear();
    this.#arrange([...cards.values()].map((card) => card.element));
  }

  // Who is in its place stays there: what is taken out, and be it for an instant, loses the keyboard's focus.
  #arrange(elements) {
    const wanted = new Set(elements);
    const focused = document.activeElement;
    for (const child of [...this.#element.children]) if (!wanted.has(child)) child.remove();
    elements.forEach((element, place) => {
      const there = this.#element.children[place];
      if (there !== element) this.#element.insertBefore(element, there ?? null);
    });
    if (this.#element.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  /** Show more products behind those that are there. */
  append(ids) {
    const fresh = ids.filter((id) => !this.#cards.has(id) && this.#store.get(id));
    for (const id of fresh) {
      const card = this.#card(id);
      card.update(this.#store.get(id), { running: this.#saleOf(id) });
      this.#cards.set(id, card);
    }
    this.#element.append(...fresh.map((id) => this.#cards.get(id).element));
    return fresh.length ? this.#cards.get(fresh[0]).element : null;
  }

  /** This product changed: draw its card with the next frame. */
  touch(id) {
    if (!this.#cards.has(id)) return;
    this.#stale.add(id);
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  get isEmpty() {
    return this.#cards.size === 0;
  }

  #draw() {
    this.#frame = null;
    const stale = [...this.#stale];
    this.#stale.clear();
    stale.forEach((id, place) => {
      const product = this.#store.get(id);
      if (!product) {
        this.#remove(id);
        return;
      }
      const animate = place < MOST_ANIMATIONS_PER_FRAME;
      const level = this.#cards.get(id).update(product, { animate, running: this.#saleOf(id) });
      if (level) this.#onLevel(product, level);
    });
  }

  // A card that the server has drawn is taken over as it stands.
  #card(id) {
    const drawn = this.#element.querySelector(`.card[data-id="${CSS.escape(id)}"]`);
    return new Card(drawn ?? this.#template.content.firstElementChild.cloneNode(true), { lowAt: this.#lowAt });
  }

  #remove(id) {
    this.#cards.get(id)?.element.remove();
    this.#cards.delete(id);
  }
}
