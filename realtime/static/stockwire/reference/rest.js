// Swagger UI in our frame. Whoever is signed in as staff tries things out by the session: then each request that
// changes something bears the CSRF token.

const place = document.getElementById("reference");
const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];

globalThis.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tagsSorter: "alpha",
  validatorUrl: null,
  // Its colours can't be read well on its own ground.
  syntaxHighlight: false,
  // Nothing but this house is asked, whatever a document names.
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin !== location.origin) throw new Error("not of this house");
    if (token && !("Authorization" in request.headers)) request.headers["X-CSRFToken"] = token;
    return request;
  },
});
