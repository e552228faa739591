import assert from "node:assert/strict";
import test from "node:test";

import { duration } from "../../../realtime/static/stockwire/format.js";
import { Sales, salePrice, salesOf } from "../../../realtime/static/stockwire/sales.js";

const START = Date.parse("2030-01-01T12:00:00.000Z");
const END = START + 60_000;
const iso = (moment) => new Date(moment).toISOString();

const minute = (fields = {}) => ({
  _id: "sale_1",
  name: "A minute",
  discountPercentage: 20,
  startTime: iso(START),
  endTime: iso(END),
  products: ["prod_1", "prod_2"],
  soldOut: false,
  ...fields,
});

let version = 1;
function told(what, fields = {}) {
  version += 1;
  const sale = {
    id: "sale_1",
    name: "A minute",
    discount_percentage: 20,
    start_time: iso(START),
    end_time: iso(END),
    products: ["prod_1", "prod_2"],
    sold_out: false,
    ...fields,
  };
  return { id: `evt_${version}`, type: `flash_sale.${what}`, version, data: { sale_id: sale.id, sale, version } };
}

function salesWith(...snapshot) {
  const sales = new Sales();
  sales.put(snapshot);
  return sales;
}

test("a sale counts from its start up to its end, by the clock alone", () => {
  const sales = salesWith(minute());
  const at = (moment) => sales.of("prod_1", moment)?.id ?? null;
  assert.deepEqual([START - 1, START, END - 1, END].map(at), [null, "sale_1", "sale_1", null]);
  assert.equal(sales.of("prod_3", START), null);
});

test("the next edge is what a timer waits for", () => {
  const sales = salesWith(minute(), minute({ _id: "sale_2", startTime: iso(START + 5), endTime: iso(END + 5) }));
  assert.equal(sales.nextEdge(START - 10), START);
  assert.equal(sales.nextEdge(START), START + 5);
  assert.equal(sales.nextEdge(END), END + 5);
  assert.equal(sales.nextEdge(END + 5), Infinity);
});

test("the best of several wins, and one that is sold out only where there is no other", () => {
  const sales = salesWith(minute(), minute({ _id: "sale_2", discountPercentage: 50 }));
  assert.equal(sales.of("prod_1", START).id, "sale_2");
  sales.apply(told("updated", { id: "sale_2", discount_percentage: 50, sold_out: true }));
  assert.equal(sales.of("prod_1", START).id, "sale_1");
  sales.apply(told("ended"));
  assert.equal(sales.of("prod_1", START).soldOut, true);
});

test("an event brings a sale, changes it and ends it, and says whose cards look different", () => {
  const sales = salesWith();
  assert.deepEqual(sales.apply(told("started")), ["prod_1", "prod_2"]);
  assert.deepEqual(sales.apply(told("updated", { products: ["prod_2", "prod_3"] })).toSorted(), ["prod_1", "prod_2", "prod_3"]);
  assert.equal(sales.of("prod_1", START), null);
  assert.deepEqual(sales.running(START), new Set(["prod_2", "prod_3"]));
  assert.deepEqual(sales.apply(told("ended", { products: ["prod_2", "prod_3"] })), ["prod_2", "prod_3"]);
  assert.equal(sales.of("prod_2", START), null);
});

test("what is doubled or late changes nothing, nor does what is about something else", () => {
  const sales = salesWith();
  const [old, newer] = [told("started"), told("ended")];
  sales.apply(newer);
  assert.deepEqual(sales.apply(old), []);
  assert.equal(sales.of("prod_1", START), null);
  assert.deepEqual(sales.apply({ type: "product.updated", version: 99, data: { product_id: "prod_1" } }), []);
});

test("old state and events come to what fresh state shows", () => {
  const followed = salesWith(minute());
  followed.apply(told("updated", { discount_percentage: 30, sold_out: true, end_time: iso(END + 7) }));
  const fresh = salesWith(minute({ discountPercentage: 30, soldOut: true, endTime: iso(END + 7) }));
  for (const moment of [START - 1, START, END, END + 7]) {
    assert.deepEqual(followed.of("prod_2", moment), fresh.of("prod_2", moment));
  }
});

test("a price in a sale", () => {
  const sale = { percentage: 12.5, soldOut: false };
  assert.equal(salePrice(100, sale, 2), 87.5);
  assert.equal(salePrice(100, sale, 0), 88);
  assert.equal(salePrice(100, null, 2), 100);
  assert.equal(salePrice(100, { ...sale, soldOut: true }, 2), 100);
  assert.equal(salePrice(null, sale, 2), null);
});

test("what products bring along is what the sales' own list has of them", () => {
  const { products, ...inShort } = minute();
  const carried = salesOf([{ id: "prod_1", flashSale: inShort }, { id: "prod_2", flashSale: inShort }, { id: "prod_3", flashSale: null }]);
  assert.deepEqual(carried, [minute({ products })]);
});

test("a clock that runs down", () => {
  const texts = [0, 1, 7_000, 59_001, 60_000, 3_599_000, 3_600_000, 90_061_000, 172_800_000].map(duration);
  assert.deepEqual(texts, ["0:00", "0:01", "0:07", "1:00", "1:00", "59:59", "1:00:00", "25:01:01", "2 days"]);
});
