// A form that was drawn before its visitor signed in, in another tab: its token is of the time before. Where sending
// it does what it says for whoever is here by now, the form asks for it:
//
//   <form data-fresh-token>   is sent with the token that the browser has by then
//
// A form that shows what is somebody's own does not: what it shows might be another's by now.

const COOKIE = /(?:^|;\s*)csrftoken=([^;]+)/;

/** The token that the browser has, in `cookies` as a page reads them; null: none. */
export function tokenIn(cookies) {
  return COOKIE.exec(cookies)?.[1] ?? null;
}

globalThis.document?.addEventListener(
  "submit",
  ({ target }) => {
    const field = target.matches?.("[data-fresh-token]") && target.querySelector("[name=csrfmiddlewaretoken]");
    const token = tokenIn(document.cookie);
    if (field && token) field.value = token;
  },
  true, // before whoever sends it
);
