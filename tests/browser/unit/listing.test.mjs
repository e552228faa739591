import assert from "node:assert/strict";
import test from "node:test";

import { Listing, nextPage } from "../../../realtime/static/stockwire/listing.js";
import { Store } from "../../../realtime/static/stockwire/store.js";

const product = (number) => ({ id: `prod_${number}`, title: `Product ${number}`, stock: number, variants: [] });

// A list of `size` products, in pages; `asked` notes every address, `gate` holds answers back.
function shop(size, { status = 200 } = {}) {
  const asked = [];
  const server = { asked, status, gate: Promise.resolve(), headers: null };
  server.fetch = async (address, { signal }) => {
    asked.push(address);
    const at = asked.length;
    await server.gate;
    if (signal.aborted) throw signal.reason;
    const parameters = new URL(address, "http://shop.test").searchParams;
    const [from, limit] = [Number(parameters.get("cursor") ?? 0), Number(parameters.get("limit"))];
    const products = Array.from({ length: Math.max(0, Math.min(limit, size - from)) }, (_, n) => product(from + n));
    parameters.set("cursor", from + limit);
    const link = from + limit < size ? { Link: `<http://inner:9/api/products?${parameters}>; rel="next"` } : {};
    return Response.json(products, { status: server.status, headers: { "X-Event-Cursor": `c${at}`, ...link } });
  };
  return server;
}

function listingOf(server, pageSize = 60) {
  const store = new Store();
  return { store, listing: new Listing({ path: "http://shop.test/api/products", pageSize, store, fetch: server.fetch }) };
}

test("the first page, then the next ones, each product once", async () => {
  const { listing, store } = listingOf(shop(130));
  assert.equal(await listing.load(), "c1");
  assert.equal(listing.ids.length, 60);
  await listing.more();
  await listing.more();
  assert.equal(listing.ids.length, 130);
  assert.equal(new Set(listing.ids).size, 130);
  assert.equal(store.size, 130);
  assert.equal(listing.hasMore, false);
  assert.equal(await listing.more(), false);
});

test("a refresh fetches as much as is on show, and goes on from the oldest of its cursors", async () => {
  const server = shop(1300);
  const { listing } = listingOf(server, 400);
  await listing.load();
  await listing.more();
  await listing.more();
  server.asked.length = 0;
  assert.equal(await listing.refresh(), "c1");
  assert.equal(server.asked.length, 3);
  assert.equal(listing.ids.length, 1300);
});

test("the query goes along, and an empty part of it does not", async () => {
  const server = shop(5);
  const { listing } = listingOf(server);
  await listing.load({ category: "Bags & more", search: "", sort: "-price" });
  const asked = new URL(server.asked[0]).searchParams;
  assert.equal(asked.get("category"), "Bags & more");
  assert.equal(asked.get("sort"), "-price");
  assert.equal(asked.has("search"), false);
});

test("a load that a later one overtakes ends as the later one does", async () => {
  const server = shop(5);
  const { listing } = listingOf(server);
  let open;
  server.gate = new Promise((resolve) => (open = resolve));
  const first = listing.load({ search: "a" });
  const second = listing.load({ search: "ab" });
  open();
  assert.deepEqual(await Promise.all([first, second]), ["c2", "c2"]);
  assert.equal(listing.query.search, "ab");
});

test("a page that arrives after another query was asked is thrown away", async () => {
  const server = shop(130);
  const { listing } = listingOf(server);
  await listing.load();
  let open;
  server.gate = new Promise((resolve) => (open = resolve));
  const more = listing.more();
  const load = listing.load({ category: "Shoes" });
  open();
  assert.equal(await more, false);
  await load;
  assert.equal(listing.ids.length, 60);
});

test("an event that comes while a further page is fetched is in that page", async () => {
  const server = shop(130);
  const { listing, store } = listingOf(server);
  await listing.load();
  let open;
  server.gate = new Promise((resolve) => (open = resolve));
  const more = listing.more();
  const data = { product_id: "prod_100", variant_id: "var", stock: 1, total_stock: 1 };
  store.apply({ id: "evt_1", type: "stock.reduced", version: 9, data });
  open();
  await more;
  assert.equal(store.get("prod_100").total.figure, 1);
});

test("a refusal is an error with its status", async () => {
  const { listing } = listingOf(shop(5, { status: 503 }));
  await assert.rejects(listing.load(), (error) => error.status === 503 && !error.isFinal);
  const { listing: other } = listingOf(shop(5, { status: 400 }));
  await assert.rejects(other.load(), (error) => error.isFinal);
});

test("the next page's address keeps to our own origin, whatever the server takes itself for", () => {
  const base = "https://shop.test/api/products?limit=60";
  assert.equal(nextPage('<http://10.0.0.3:8000/api/products?cursor=a%2Cb>; rel="next"', base), "/api/products?cursor=a%2Cb");
  assert.equal(nextPage('</x>; rel="prev", </api/products?cursor=2>; rel="next"', base), "/api/products?cursor=2");
  assert.equal(nextPage(null, base), null);
});

test("a new product is news where the present query would show it", () => {
  const { listing } = listingOf(shop(0));
  listing.query = { category: "Shoes" };
  assert.equal(listing.couldShow({ category: "Shoes" }), true);
  assert.equal(listing.couldShow({ category: "Bakery" }), false);
  listing.query = { search: "runner" };
  assert.equal(listing.couldShow({ category: "Shoes" }), false);
});

test("a page that came along is gone on from where it ends", async () => {
  const server = shop(70);
  const { listing, store } = listingOf(server);
  listing.adopt([product(0), product(1)], { query: { search: "mug" }, next: "/api/products?search=mug&limit=60&cursor=2" });
  assert.deepEqual(listing.ids, ["prod_0", "prod_1"]);
  assert.equal(store.size, 2);
  assert.equal(listing.hasMore, true);
  await listing.more();
  assert.deepEqual(server.asked, ["/api/products?search=mug&limit=60&cursor=2"]);
  assert.equal(listing.ids.length, 62);
  listing.adopt([], { query: {}, next: null });
  assert.deepEqual([listing.ids, listing.hasMore], [[], false]);
});
