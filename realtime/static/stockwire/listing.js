// Which products are on show: pages of the REST list, under one query, put into the store as they come.
// Does not draw, and does not hear events: the store has both sides meet.

const MOST_PER_REQUEST = 500;
const RETRIES_MAKE_NO_SENSE = new Set([400, 401, 403, 404]);

export class ListingError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }

  get isFinal() {
    return RETRIES_MAKE_NO_SENSE.has(this.status);
  }
}

export class Listing {
  ids = [];
  query = {};
  #next = null;
  #latest = null;
  #controller = new AbortController();
  #options;

  constructor({ path, pageSize, store, fetch = globalThis.fetch.bind(globalThis) }) {
    this.#options = { path, pageSize, store, fetch };
  }

  get hasMore() {
    return this.#next !== null;
  }

  /** Whether this product would be on show, as far as that can be told without asking. */
  couldShow(json) {
    const { category, search } = this.query;
    return !search && (!category || json?.category === category);
  }

  /**
   * Show the first page under `query`; resolves to the cursor from which events go on. A call that a later one
   * overtakes resolves as the later one does.
   */
  load(query = this.query) {
    this.query = query;
    return this.#overtake((signal) => this.#pages(this.#options.pageSize, signal));
  }

  /** Take the first page under `query` as it came with the page itself; `next` is where there are more. */
  adopt(products, { query, next }) {
    this.query = query;
    this.ids = this.#options.store.put(products, []);
    this.#next = next || null;
  }

  /** Fetch afresh as much as is on show. */
  refresh() {
    const wanted = Math.max(this.#options.pageSize, this.ids.length);
    return this.#overtake((signal) => this.#pages(wanted, signal));
  }

  /** Add the next page. Resolves to false where something else was loaded meanwhile. */
  async more() {
    if (!this.#next) return false;
    const { signal } = this.#controller;
    const recording = this.#options.store.record();
    try {
      const page = await this.#fetch(this.#next, signal);
      if (signal.aborted) return false;
      this.#next = page.next;
      const shown = new Set(this.ids);
      const added = this.#options.store.put(page.products, recording);
      this.ids = [...this.ids, ...added.filter((id) => !shown.has(id))];
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      this.#options.store.discard(recording);
    }
  }

  /** A product is gone for good. */
  remove(id) {
    this.ids = this.ids.filter((other) => other !== id);
  }

  async #overtake(work) {
    this.#controller.abort();
    this.#controller = new AbortController();
    const run = work(this.#controller.signal);
    this.#latest = run;
    try {
      return await run;
    } catch (error) {
      if (this.#latest !== run) return this.#latest;
      throw error;
    }
  }

  async #pages(wanted, signal) {
    const recording = this.#options.store.record();
    const products = [];
    let cursor = null;
    let next = this.#address(Math.min(wanted, MOST_PER_REQUEST));
    try {
      do {
        const page = await this.#fetch(next, signal);
        // The first page's cursor is the oldest: from there on nothing is missed in any of them.
        cursor ??= page.cursor;
        products.push(...page.products);
        next = page.next;
      } while (next && products.length < wanted);
      if (signal.aborted) throw signal.reason;
      this.#next = next;
      this.ids = this.#options.store.put(products, recording);
      return cursor;
    } finally {
      this.#options.store.discard(recording);
    }
  }

  #address(limit) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(this.query)) if (value) parameters.set(name, value);
    parameters.set("limit", limit);
    return `${this.#options.path}?${parameters}`;
  }

  async #fetch(address, signal) {
    const response = await this.#options.fetch(address, {
      signal,
      cache: "no-store",
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!response.ok) throw new ListingError(response.status, `the list answered ${response.status}`);
    return {
      products: await response.json(),
      cursor: response.headers.get("X-Event-Cursor") ?? "",
      next: nextPage(response.headers.get("Link"), this.#options.path),
    };
  }
}

/** The address of `rel="next"` in a Link header, or null. */
export function nextPage(header, base) {
  const found = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(header ?? "");
  if (!found) return null;
  const address = new URL(found[1], new URL(base, globalThis.location?.href));
  // Behind a proxy the server may take itself for another host: the path is what counts.
  return address.pathname + address.search;
}
