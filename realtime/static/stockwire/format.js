// How values look in words, numbers and colours. Gives strings only; nothing here touches the page.

const LANGUAGE = "en";
const whole = new Intl.NumberFormat(LANGUAGE);
const currencies = new Map();

export function count(figure) {
  return whole.format(figure);
}

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  if (!currencies.has(currency)) currencies.set(currency, currencyFormat(currency));
  const format = currencies.get(currency);
  return format ? format.format(amount) : `${whole.format(amount)} ${currency}`.trim();
}

function currencyFormat(currency) {
  try {
    return new Intl.NumberFormat(LANGUAGE, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      trailingZeroDisplay: "stripIfInteger",
    });
  } catch {
    return null; // not a currency code: shown as it stands
  }
}

/** A hue that stays the same for the same text. */
export function hueOf(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash % 360;
}

/** The CSS colour that a colour's name means, or null: "Navy blue" is `navy`, "Sea mist" is nothing that we know. */
export function cssColor(name, supports = (value) => CSS.supports("color", value)) {
  const words = name.toLowerCase().split(/[^a-z]+/).filter(Boolean);
  const candidates = [words.join(""), ...words.toReversed()];
  return candidates.find((word) => /^[a-z]+$/.test(word) && supports(word)) ?? null;
}

/** Same-origin http(s) images only: the shop's page asks nothing of other people's servers. */
export function ownImage(address, base = location.href) {
  if (!address) return null;
  try {
    const url = new URL(address, base);
    return url.origin === new URL(base).origin && /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** One or two letters that stand for a product without a picture. */
export function initials(title) {
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
}
