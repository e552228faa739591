import assert from "node:assert/strict";
import test from "node:test";

// The page of the module, in a language that counts in three ways and has no word for one of the texts.
const dictionary = { "Only {n} left": "{n} kvar", "{n} products": { one: "{n} vara", few: "{n} varor (få)", other: "{n} varor" } };
globalThis.document = {
  getElementById: (id) => (id === "words" ? { textContent: JSON.stringify(dictionary) } : null),
  body: { dataset: { locale: "pl-PL" } },
};
const { say, sayCounted } = await import("../../../realtime/static/stockwire/words.js");

test("a text is the dictionary's, else its own English", () => {
  assert.equal(say("Only {n} left", { n: 3 }), "3 kvar");
  assert.equal(say("Reconnecting in {n} s", { n: 4 }), "Reconnecting in 4 s");
  assert.equal(say("{what} is not put in"), "{what} is not put in");
});

test("what is counted has the language's own plurals", () => {
  const products = (n) => sayCounted("{n} product", "{n} products", n);
  assert.deepEqual([1, 2, 5].map(products), ["1 vara", "2 varor (få)", "5 varor"]);
  const unknown = (n) => sayCounted("{n} thing", "{n} things", n);
  assert.deepEqual([1, 2].map(unknown), ["1 thing", "2 things"]);
});
