// Flash sales as the page knows them, and which of them counts for a product at a moment.
//
// Pure: no DOM, no network, no clock of its own; whoever asks says what time it is. Sales run by the clock, from
// their start up to their end, whether or not anybody has told so; events bring what nobody could know before.

import { unitPrice } from "./pricing.js";

const NEVER = Infinity;

/** A sale as REST tells it (shop dialect). */
function saleFromSnapshot(json) {
  return {
    id: json._id,
    name: json.name ?? "",
    percentage: json.discountPercentage,
    start: Date.parse(json.startTime),
    end: Date.parse(json.endTime),
    products: json.products ?? [],
    soldOut: json.soldOut === true,
  };
}

/** A sale as its events tell it (catalog dialect). */
function saleFromEvent(json) {
  return {
    id: json.id,
    name: json.name ?? "",
    percentage: json.discount_percentage,
    start: Date.parse(json.start_time),
    end: Date.parse(json.end_time),
    products: json.products ?? [],
    soldOut: json.sold_out === true,
  };
}

/** The sales that products bring along, as REST tells them; nothing of those that are to come. */
export function salesOf(products) {
  const found = new Map();
  for (const { id, flashSale } of products) {
    if (!flashSale) continue;
    if (!found.has(flashSale._id)) found.set(flashSale._id, { ...flashSale, products: [] });
    found.get(flashSale._id).products.push(id);
  }
  return [...found.values()];
}

export class Sales {
  #sales = new Map();
  #versions = new Map();
  #ofProduct = new Map();

  /** Take in all that there are. Returns the ids of the products of which something may look different now. */
  put(snapshot) {
    const touched = this.#productIds();
    this.#sales = new Map(snapshot.map((json) => [json._id, saleFromSnapshot(json)]));
    this.#versions.clear();
    this.#index();
    return [...new Set([...touched, ...this.#productIds()])];
  }

  /** Apply one event. Returns the ids of the products that it concerns; none for what is no news. */
  apply(event) {
    const json = event.type?.startsWith("flash_sale.") ? event.data?.sale : null;
    if (!json) return [];
    const version = event.version ?? event.data.version ?? 0;
    if (version <= (this.#versions.get(json.id) ?? -1)) return [];
    this.#versions.set(json.id, version);
    const before = this.#sales.get(json.id)?.products ?? [];
    if (event.type === "flash_sale.ended") this.#sales.delete(json.id);
    else this.#sales.set(json.id, saleFromEvent(json));
    this.#index();
    return [...new Set([...before, ...(json.products ?? [])])];
  }

  /** The sale that counts for a product at this moment, or null: the best one that has units left, else the best. */
  of(productId, now) {
    const running = (this.#ofProduct.get(productId) ?? []).filter((sale) => sale.start <= now && now < sale.end);
    return running.toSorted(better)[0] ?? null;
  }

  /** The products that are in a running sale. */
  running(now) {
    const sales = [...this.#sales.values()].filter((sale) => sale.start <= now && now < sale.end);
    return new Set(sales.flatMap((sale) => sale.products));
  }

  /** When the next sale begins or ends after `now`; never, where none does. */
  nextEdge(now) {
    const edges = [...this.#sales.values()].flatMap((sale) => [sale.start, sale.end]);
    return Math.min(NEVER, ...edges.filter((edge) => edge > now));
  }

  #index() {
    this.#ofProduct = new Map();
    for (const sale of this.#sales.values()) {
      for (const id of sale.products) {
        if (!this.#ofProduct.has(id)) this.#ofProduct.set(id, []);
        this.#ofProduct.get(id).push(sale);
      }
    }
  }

  #productIds() {
    return [...this.#ofProduct.keys()];
  }
}

/** What is paid in place of `amount` in a running sale; the amount itself without one, or where it is sold out. */
export function salePrice(amount, sale, decimals) {
  return sale && !sale.soldOut && amount !== null ? unitPrice(amount, { percentage: sale.percentage, decimals }) : amount;
}

// As the server chooses. Only what is equal in all that anybody sees is left to the ids.
function better(one, other) {
  return (
    Number(one.soldOut) - Number(other.soldOut) ||
    other.percentage - one.percentage ||
    other.end - one.end ||
    (one.id < other.id ? -1 : 1)
  );
}
