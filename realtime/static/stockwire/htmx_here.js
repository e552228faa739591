// htmx, for modules that fetch parts by themselves. A page that has not loaded it names it in `data-htmx`.

let loading = null;

/** Resolves to htmx, or to null where the page has none. */
export function htmxHere() {
  const address = document.body.dataset.htmx;
  if (globalThis.htmx || !address) return Promise.resolve(globalThis.htmx ?? null);
  loading ??= new Promise((resolve) => {
    const known = [...document.scripts].find((script) => script.getAttribute("src") === address);
    const script = known ?? document.createElement("script");
    script.addEventListener("load", () => resolve(globalThis.htmx ?? null));
    script.addEventListener("error", () => resolve((loading = null)));
    if (known) return;
    script.src = address;
    document.head.append(script);
  });
  return loading;
}
