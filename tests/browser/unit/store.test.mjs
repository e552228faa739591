import assert from "node:assert/strict";
import test from "node:test";

import { Store, stockLevel, totalStock, variantStock } from "../../../realtime/static/stockwire/store.js";

const shoe = () => ({
  id: "prod_1",
  title: "Runner",
  category: "Shoes",
  price: 100,
  currency: "EGP",
  stock: 12,
  variants: [
    { id: "var_1", attributes: { size: "41", color: "Black" }, stock: 5 },
    { id: "var_2", attributes: { size: "42", color: "Black" }, stock: 7 },
  ],
});
const cake = () => ({ id: "prod_2", title: "Cake", price: 20, currency: "EGP", stock: 4, variants: [], flavors: [{ name: "Vanilla" }] });

let number = 0;
function stockEvent(fields, type = "stock.reduced") {
  number += 1;
  return { id: `evt_${number}`, type, version: fields.version, data: { product_id: "prod_1", variant_id: "var_1", ...fields } };
}

function productEvent(product, version, type = "product.updated") {
  number += 1;
  return { id: `evt_${number}`, type, version, data: { product_id: "prod_1", product } };
}

function storeWith(...products) {
  const store = new Store();
  store.put(products, store.record());
  return store;
}

test("a sale changes its variant and the total, and nothing else", () => {
  const store = storeWith(shoe(), cake());
  const outcome = store.apply(stockEvent({ stock: 3, total_stock: 10, version: 1 }));
  assert.deepEqual(outcome, { id: "prod_1", change: "changed" });
  const product = store.get("prod_1");
  assert.equal(variantStock(product, "var_1"), 3);
  assert.equal(variantStock(product, "var_2"), 7);
  assert.equal(totalStock(product), 10);
  assert.equal(totalStock(store.get("prod_2")), 4);
});

test("a product without variants has the total that the event tells", () => {
  const store = storeWith(cake());
  store.apply(stockEvent({ product_id: "prod_2", variant_id: "var_9", stock: 1, total_stock: 1, version: 1 }));
  assert.equal(totalStock(store.get("prod_2")), 1);
});

test("what is doubled or late changes nothing", () => {
  const store = storeWith(shoe());
  store.apply(stockEvent({ stock: 2, total_stock: 9, version: 5 }));
  assert.equal(store.apply(stockEvent({ stock: 2, total_stock: 9, version: 5 })), null);
  assert.equal(store.apply(stockEvent({ stock: 4, total_stock: 11, version: 4 })), null);
  assert.equal(variantStock(store.get("prod_1"), "var_1"), 2);
});

test("two variants changed by one operation, under one version, both count", () => {
  const store = storeWith(shoe());
  store.apply(stockEvent({ variant_id: "var_1", stock: 4, total_stock: 11, version: 3 }));
  store.apply(stockEvent({ variant_id: "var_2", stock: 6, total_stock: 10, version: 3 }));
  assert.equal(totalStock(store.get("prod_1")), 10);
});

test("versions of products and of stock are counted apart", () => {
  const store = storeWith(shoe());
  store.apply(stockEvent({ stock: 1, total_stock: 8, version: 50 }));
  const outcome = store.apply(
    productEvent({ base_title: "Runner II", prices: [{ currency: "EGP", amount: 90 }], variants: shoe().variants }, 2),
  );
  assert.equal(outcome.change, "changed");
  const product = store.get("prod_1");
  assert.equal(product.title, "Runner II");
  assert.equal(product.price, 90);
  assert.equal(totalStock(product), 8);
});

test("units on the shelf, in a product event, are not what can be sold", () => {
  const store = storeWith(shoe());
  const variants = shoe().variants.map((variant) => ({ ...variant, stock: [{ location_id: "main", quantity: 99 }] }));
  store.apply(productEvent({ base_title: "Runner", prices: [], variants }, 2));
  assert.equal(totalStock(store.get("prod_1")), 12);
});

test("a new variant has its stock whichever of its two events comes first", () => {
  const variants = [...shoe().variants, { id: "var_3", attributes: { size: "43", color: "Black" } }];
  const news = () => productEvent({ base_title: "Runner", prices: [], variants }, 2);
  const stock = () => stockEvent({ variant_id: "var_3", stock: 8, total_stock: 20, version: 2 }, "stock.updated");
  for (const events of [
    [news(), stock()],
    [stock(), news()],
  ]) {
    const store = storeWith(shoe());
    for (const event of events) store.apply(event);
    assert.equal(totalStock(store.get("prod_1")), 20);
  }
});

test("the price in the product's own currency is the one that is shown", () => {
  const store = storeWith(shoe());
  const prices = [
    { currency: "SEK", amount: 1 },
    { currency: "EGP", amount: 120 },
  ];
  store.apply(productEvent({ base_title: "Runner", prices, variants: [] }, 2));
  assert.equal(store.get("prod_1").price, 120);
});

test("events about products that nobody has seen are passed over, but a new product is told", () => {
  const store = storeWith(shoe());
  assert.equal(store.apply(stockEvent({ product_id: "prod_9", stock: 1, total_stock: 1, version: 1 })), null);
  const created = { id: "evt_n", type: "product.created", version: 1, data: { product_id: "prod_9", product: {} } };
  assert.deepEqual(store.apply(created), { id: "prod_9", change: "created" });
  assert.equal(store.size, 1);
});

test("a deleted product is gone", () => {
  const store = storeWith(shoe());
  assert.deepEqual(store.apply(productEvent({}, 9, "product.deleted")), { id: "prod_1", change: "removed" });
  assert.equal(store.get("prod_1"), undefined);
});

test("what happens while a page is fetched is not missed, though its products were unknown", () => {
  const store = new Store();
  const recording = store.record();
  assert.equal(store.apply(stockEvent({ stock: 1, total_stock: 8, version: 7 })), null);
  store.put([shoe()], recording);
  assert.equal(totalStock(store.get("prod_1")), 8);
});

test("a product that is deleted while its page is fetched does not come back", () => {
  const store = storeWith(shoe());
  const recording = store.record();
  store.apply(productEvent({}, 9, "product.deleted"));
  assert.deepEqual(store.put([shoe()], recording), []);
  assert.equal(store.get("prod_1"), undefined);
});

test("a snapshot and all events since, whatever of them it had seen, are the present state", () => {
  const events = Array.from({ length: 6 }, (_, place) =>
    stockEvent({ stock: 9 - place, total_stock: 16 - place, version: place + 1 }),
  );
  for (let seen = 0; seen <= events.length; seen += 1) {
    const snapshot = shoe();
    if (seen > 0) snapshot.variants[0].stock = events[seen - 1].data.stock;
    const store = storeWith(snapshot);
    for (const event of events) store.apply(event);
    assert.equal(variantStock(store.get("prod_1"), "var_1"), 4);
  }
});

test("levels: none is out, the threshold itself is low", () => {
  assert.equal(stockLevel(0, 5), "out");
  assert.equal(stockLevel(-3, 5), "out");
  assert.equal(stockLevel(5, 5), "low");
  assert.equal(stockLevel(6, 5), "ok");
});

test("a flash sale is a product's while it runs, and the better of two counts", () => {
  const store = new Store();
  store.put([shoe(), { ...cake(), flashSale: { saleId: "sale_1", discountPercentage: 10, soldOut: false } }], []);
  const sale = (fields) => ({
    type: "flash_sale.updated",
    data: { sale_id: fields.id, sale: { status: "running", products: ["prod_1", "prod_2"], sold_out: false, ...fields } },
  });
  assert.deepEqual(store.get("prod_2").sale, { id: "sale_1", percentage: 10, soldOut: false });
  assert.equal(store.apply(sale({ id: "sale_2", discount_percentage: 5, products: ["prod_2"] })), null);
  assert.deepEqual(store.apply(sale({ id: "sale_2", discount_percentage: 20 })), { ids: ["prod_1", "prod_2"], change: "sale" });
  assert.equal(store.get("prod_1").sale.percentage, 20);
  assert.deepEqual(store.apply(sale({ id: "sale_2", discount_percentage: 20, products: ["prod_1"] })).ids, ["prod_1", "prod_2"]);
  assert.equal(store.get("prod_2").sale, null);
  store.apply(sale({ id: "sale_2", discount_percentage: 20, sold_out: true }));
  assert.equal(store.get("prod_1").sale.soldOut, true);
  store.apply(sale({ id: "sale_2", discount_percentage: 20, status: "ended" }));
  assert.equal(store.get("prod_1").sale, null);
  assert.equal(store.apply(sale({ id: "sale_3", discount_percentage: 20, status: "scheduled" })), null);
});
