// The shop's state, and how events change it.
//
// Pure: no DOM, no network, no clock. A snapshot is put in, events are applied, and whoever draws is told
// which product changed. Events carry full state and a version, so one that comes twice or late does no harm.
// Product events and stock events count their versions apart, and stock is counted per variant.

const STOCK_EVENTS = new Set(["stock.reduced", "stock.updated", "stock.reserved", "stock.released", "stock.back"]);
const PRODUCT_EVENTS = new Set(["product.created", "product.updated"]);
const OLDEST = -1;

/** A product as a REST snapshot tells it (shop dialect), in the form that the page draws. */
export function productFromSnapshot(json) {
  const stock = new Map();
  const variants = (json.variants ?? []).map((variant) => {
    stock.set(variant.id, { figure: whole(variant.stock), version: OLDEST });
    return { id: variant.id, attributes: variant.attributes ?? {}, price: variant.price ?? null };
  });
  const options = ["flavors", "sizes", "eggOptions"]
    .filter((name) => json[name]?.length)
    .map((name) => ({ name, choices: json[name].map((choice) => choice.name) }));
  return {
    id: json.id,
    title: json.title ?? "",
    category: json.category ?? "",
    image: json.image ?? "",
    currency: json.currency ?? "",
    price: json.price ?? null,
    available: json.available !== false,
    options,
    variants,
    stock,
    total: { figure: whole(json.stock), version: OLDEST },
    version: OLDEST,
  };
}

/** How many of a product can be sold: of all its variants, or of the product where it has none. */
export function totalStock(product) {
  if (product.variants.length === 0) return product.total.figure;
  return product.variants.reduce((sum, variant) => sum + variantStock(product, variant.id), 0);
}

/** How many of one variant can be sold; none where nothing was ever said. */
export function variantStock(product, variantId) {
  return product.stock.get(variantId)?.figure ?? 0;
}

/** `out`, `low` or `ok`: what a badge and a dot say. */
export function stockLevel(figure, lowAt) {
  if (figure <= 0) return "out";
  return figure <= lowAt ? "low" : "ok";
}

export class Store {
  #products = new Map();
  #recordings = new Set();

  get(id) {
    return this.#products.get(id);
  }

  get size() {
    return this.#products.size;
  }

  /**
   * Call before a snapshot is fetched, and hand the result to `put`: events that arrive in between may be
   * newer than the snapshot, and may be about products that only the snapshot will make known.
   */
  record() {
    const recording = [];
    this.#recordings.add(recording);
    return recording;
  }

  /** Take a snapshot in, with what happened while it was fetched. Returns the ids in its order. */
  put(snapshot, recording) {
    const ids = snapshot.map((json) => {
      const product = productFromSnapshot(json);
      this.#products.set(product.id, product);
      return product.id;
    });
    this.discard(recording);
    for (const event of recording) this.#change(event);
    return ids.filter((id) => this.#products.has(id));
  }

  /** End a recording whose snapshot never came. */
  discard(recording) {
    this.#recordings.delete(recording);
  }

  /**
   * Apply one event. Returns `{id, change}` with `changed`, `removed` or `created` (a product that was not
   * known: its card has yet to be fetched), or null where there is nothing to draw.
   */
  apply(event) {
    for (const recording of this.#recordings) recording.push(event);
    return this.#change(event);
  }

  #change(event) {
    const data = event.data;
    if (!data?.product_id) return null;
    const product = this.#products.get(data.product_id);
    if (!product) return event.type === "product.created" ? { id: data.product_id, change: "created" } : null;
    if (event.type === "product.deleted") {
      this.#products.delete(product.id);
      return { id: product.id, change: "removed" };
    }
    const changed =
      (STOCK_EVENTS.has(event.type) && applyStock(product, data, versionOf(event))) ||
      (PRODUCT_EVENTS.has(event.type) && applyProduct(product, data.product, versionOf(event)));
    return changed ? { id: product.id, change: "changed" } : null;
  }
}

function applyStock(product, data, version) {
  let changed = false;
  if (version > (product.stock.get(data.variant_id)?.version ?? OLDEST)) {
    product.stock.set(data.variant_id, { figure: whole(data.stock), version });
    changed = true;
  }
  if (version > product.total.version) {
    product.total = { figure: whole(data.total_stock), version };
    changed = true;
  }
  return changed;
}

// The catalog dialect's `stock` in a product is what lies on the shelf, held units included. What can be sold
// comes with stock events alone, also for a product's and a variant's first stock.
function applyProduct(product, json, version) {
  if (!json || version <= product.version) return false;
  const priceIn = (prices) => prices?.find((price) => price.currency === product.currency) ?? prices?.[0];
  const price = priceIn(json.prices);
  Object.assign(product, {
    version,
    title: json.base_title ?? product.title,
    category: json.category ?? "",
    image: json.image ?? "",
    currency: price?.currency ?? product.currency,
    price: price?.amount ?? product.price,
    available: json.available !== false,
    variants: (json.variants ?? []).map((variant) => ({
      id: variant.id,
      attributes: variant.attributes ?? {},
      price: priceIn(variant.prices)?.amount ?? null,
    })),
  });
  return true;
}

function versionOf(event) {
  return event.version ?? event.data.version ?? OLDEST + 1;
}

function whole(value) {
  return Number.isFinite(value) ? Math.max(0, Math.trunc(value)) : 0;
}
