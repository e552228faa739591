// htmx, for modules that fetch parts by themselves. A page that has not loaded it names it in `data-htmx`.

let loading = null;

/** Resolves to htmx, or to null where the page has none. */
export function htmxHere() {
  const address = document.body.dataset.htmx;
  if (globalThis.htmx || !address) return Promise.resolve(globalThis.htmx ?? null);
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(globalThis.htmx ?? null));
    // The next one who needs it tries again.
    script.addEventListener("error", () => resolve((loading = null)));
    // htmx looks through a page that is complete at once, and through an earlier one at a moment that has passed.
    const add = () => document.head.append(script);
    if (document.readyState === "complete") add();
    else addEventListener("load", add);
  });
  return loading;
}
