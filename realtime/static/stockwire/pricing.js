// What one unit costs: exact, and rounded once, as the server does it (`catalog/offers.py`). Pure.
//
// Amounts are texts or numbers with at most four decimals, as the server gives them: their digits are exact.

const DECIMALS = 4;
const WHOLE = 10n ** BigInt(DECIMALS);

/** `amount` times each multiplier, less `percentage` percent, rounded half up to `decimals`; a number. */
export function unitPrice(amount, { multipliers = [], percentage = 0, decimals = 2 } = {}) {
  let exact = scaled(amount);
  let scale = WHOLE;
  for (const multiplier of multipliers) {
    exact *= scaled(multiplier);
    scale *= WHOLE;
  }
  exact *= 100n * WHOLE - scaled(percentage);
  scale *= 100n * WHOLE;
  const kept = 10n ** BigInt(decimals);
  const rounded = (2n * exact * kept + scale) / (2n * scale);
  return Number(rounded) / Number(kept);
}

function scaled(value) {
  const [units, fraction = ""] = text(value).split(".");
  return BigInt(units + fraction.slice(0, DECIMALS).padEnd(DECIMALS, "0"));
}

// Numbers come from JSON, where 1e-4 is possible, and fixed digits are what is wanted.
function text(value) {
  return typeof value === "number" ? value.toFixed(DECIMALS) : String(value);
}
