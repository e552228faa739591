import assert from "node:assert/strict";
import test from "node:test";

import { count, cssColor, decimalsOf, hueOf, initials, money, ownImage } from "../../../realtime/static/stockwire/format.js";

test("amounts bear their currency and its decimals, as the server writes them", () => {
  assert.equal(money(299, "SEK"), "SEK\u00a0299.00");
  assert.equal(money(1234.5, "USD"), "US$1,234.50");
  assert.equal(money(100, "EGP"), "EGP\u00a0100.00");
  assert.equal(money(100, "JPY"), "JP¥100");
  assert.equal(money(5, "not a currency"), "5 not a currency");
  assert.equal(money(null, "EGP"), "");
});

test("a currency has its own decimals", () => {
  assert.deepEqual(["EGP", "JPY", "KWD", "nonsense"].map(decimalsOf), [2, 0, 3, 2]);
});

test("a text has a sector of the colour wheel, the same as on the server", () => {
  assert.deepEqual(["", "Mug", "Dark Chocolate Cake", "日本"].map(hueOf), [0, 10, 7, 6]);
});

test("counts are grouped", () => {
  assert.equal(count(1234567), "1,234,567");
});

test("only images of our own origin are shown", () => {
  const base = "https://shop.test/?category=Shoes";
  assert.equal(ownImage("/static/a.svg", base), "https://shop.test/static/a.svg");
  assert.equal(ownImage("https://cdn.example/a.jpg", base), null);
  assert.equal(ownImage("//cdn.example/a.jpg", base), null);
  assert.equal(ownImage("javascript:alert(1)", base), null);
  assert.equal(ownImage("data:image/svg+xml,x", base), null);
  assert.equal(ownImage("http://[", base), null);
  assert.equal(ownImage("", base), null);
});

test("a colour's name is the shop's colour, else CSS's, else none", () => {
  const supports = (value) => ["navy", "blue", "midnightblue"].includes(value);
  assert.equal(cssColor("Midnight blue", supports), "midnightblue");
  assert.equal(cssColor("Faded Navy", supports), "#24305e");
  assert.equal(cssColor("Oak", supports), null);
  assert.equal(cssColor("constructor", supports), null);
  assert.equal(cssColor("</style>", supports), null);
});

test("initials are of words, in any script", () => {
  assert.equal(initials("trail runner two"), "TR");
  assert.equal(initials("«Čaj» & 日本"), "Č日");
  assert.equal(initials(""), "");
});
