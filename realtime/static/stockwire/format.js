// How values look in words, numbers and colours. Gives strings only; nothing here touches the page.

import { locale, sayCounted } from "./words.js";

const whole = new Intl.NumberFormat(locale);
const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 });
const currencies = new Map();
const HUE_SECTOR = 30;

export function count(figure) {
  return whole.format(figure);
}

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  const format = formatOf(currency);
  return format ? format.format(amount) : `${whole.format(amount)} ${currency}`.trim();
}

/** How many decimals an amount in this currency is shown with. */
export function decimalsOf(currency) {
  return formatOf(currency)?.resolvedOptions().maximumFractionDigits ?? 2;
}

function formatOf(currency) {
  if (!currencies.has(currency)) currencies.set(currency, currencyFormat(currency));
  return currencies.get(currency);
}

function currencyFormat(currency) {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency });
  } catch {
    return null; // not a currency code: shown as it stands
  }
}

/** So many milliseconds as a clock that runs down: `0:07`, `12:00`, `1:00:00`, `2 days`. The last second is `0:01`. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds >= 2 * 86_400) return sayCounted("{n} day", "{n} days", Math.floor(seconds / 86_400));
  const two = (figure) => String(figure).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What a sale takes off: `−20%`. */
export function percentOff(percentage) {
  return `\u2212${percents.format(percentage / 100)}`;
}

/** The sector of the colour wheel that a text has, always the same one; the style sheet has a colour for each. */
export function hueOf(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return Math.floor((hash % 360) / HUE_SECTOR);
}

// What shops mean by these words; CSS means something louder by some of them, and nothing by others.
const SHOP_COLORS = {
  beige: "#e3d5b8",
  black: "#1d1d20",
  blue: "#3468c0",
  brown: "#7a5135",
  burgundy: "#6d1f33",
  camel: "#c19a6b",
  charcoal: "#3c4046",
  coral: "#f0806b",
  cream: "#f4ead2",
  denim: "#4a6a94",
  gold: "#cda349",
  green: "#3f8f5a",
  grey: "#8f949b",
  ink: "#242a3d",
  khaki: "#a39a6f",
  lime: "#96c93d",
  marigold: "#e6a52f",
  mint: "#a9dcc3",
  mustard: "#d3a02c",
  natural: "#ece3cf",
  navy: "#24305e",
  olive: "#6d7340",
  orange: "#e8833a",
  pink: "#efa3b9",
  plum: "#6d3a63",
  purple: "#77539d",
  red: "#c8362f",
  rose: "#d98a96",
  rust: "#a8512c",
  sand: "#dcc79f",
  sky: "#9cc7ea",
  stone: "#b9b2a3",
  tan: "#c89b6c",
  teal: "#2f8585",
  white: "#fdfdfb",
  yellow: "#ecc844",
};

/** The CSS colour that a colour's name means, or null: "Faded Navy" is navy, "Seafoam" is nothing that we know. */
export function cssColor(name, supports = (value) => CSS.supports("color", value)) {
  const words = name.toLowerCase().split(/[^a-z]+/).filter(Boolean);
  const candidates = [words.join(""), ...words.toReversed()];
  const known = candidates.find((word) => Object.hasOwn(SHOP_COLORS, word) || supports(word));
  return known === undefined ? null : (SHOP_COLORS[known] ?? known);
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
