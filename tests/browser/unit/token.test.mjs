import assert from "node:assert/strict";
import test from "node:test";

// A page with a form that was drawn with the token `old`, in a browser that has another by now.
let hear = null;
globalThis.document = { cookie: "a=b; csrftoken=new; c=d", addEventListener: (_name, listener) => (hear = listener) };
const { tokenIn } = await import("../../../realtime/static/stockwire/token.js");

const drawn = (isFresh) => {
  const field = { value: "old" };
  return { field, matches: (selector) => isFresh && selector === "[data-fresh-token]", querySelector: () => field };
};

test("the token is the cookie of that name and of no other", () => {
  assert.equal(tokenIn("csrftoken=abc"), "abc");
  assert.equal(tokenIn("x=1; csrftoken=abc; y=2"), "abc");
  assert.equal(tokenIn("xcsrftoken=abc"), null);
  assert.equal(tokenIn(""), null);
});

test("only a form that asks for it is sent with the token of now", () => {
  const [asking, other] = [drawn(true), drawn(false)];
  hear({ target: asking });
  hear({ target: other });
  assert.equal(asking.field.value, "new");
  assert.equal(other.field.value, "old");
});

test("without a cookie the form stays as it is", () => {
  globalThis.document.cookie = "";
  const asking = drawn(true);
  hear({ target: asking });
  assert.equal(asking.field.value, "old");
});
