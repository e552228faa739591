import assert from "node:assert/strict";
import test from "node:test";

import { unitPrice } from "../../../realtime/static/stockwire/pricing.js";

test("choices multiply, a sale takes off, and it is rounded once, at the end", () => {
  assert.equal(unitPrice("420.0000"), 420);
  assert.equal(unitPrice("420.0000", { multipliers: ["1.15", "1.8"] }), 869.4);
  assert.equal(unitPrice("420.0000", { multipliers: ["1.15"], percentage: "20.00" }), 386.4);
  // 99.99 * 0.85 * 1.1 = 93.49065: once rounded up at 84.9915 it would be 93.5.
  assert.equal(unitPrice("99.99", { multipliers: ["1.1"], percentage: 15 }), 93.49);
});

test("half is up, exactly, where binary fractions would be wrong", () => {
  assert.equal(unitPrice("1.0050"), 1.01);
  assert.equal(unitPrice("2.675"), 2.68);
  assert.equal(unitPrice(1.005), 1.01);
  assert.equal(unitPrice("0.0001", { percentage: 50, decimals: 4 }), 0.0001);
});

test("a currency's decimals are its own", () => {
  assert.equal(unitPrice("199.5", { decimals: 0 }), 200);
  assert.equal(unitPrice("1.2345", { decimals: 3 }), 1.235);
  assert.equal(unitPrice("9999999999.9999", { percentage: "0.01", decimals: 2 }), 9998999999.999 + 0.001);
});

test("nothing stays nothing", () => {
  assert.equal(unitPrice("0", { multipliers: ["1.5"] }), 0);
  assert.equal(unitPrice("10", { multipliers: ["0"] }), 0);
  assert.equal(unitPrice("10", { percentage: "100" }), 0);
});
