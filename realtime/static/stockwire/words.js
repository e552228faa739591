// What modules say, in the page's language: the page brings a dictionary along (`realtime/pages/words.py`) whose
// keys are the English words. Gives strings only; nothing here touches the page.

const page = globalThis.document;
const dictionary = JSON.parse(page?.getElementById("words")?.textContent || "{}");
export const locale = page?.body?.dataset.locale || "en-GB";
const plurals = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale);

/** A text with what it names put in: `say("Only {n} left", {n: 3})`. */
export function say(english, values = {}) {
  return filled(dictionary[english] ?? english, values);
}

/** A text about `n` things, in the plural that the language has for so many. */
export function sayCounted(singular, plural, n) {
  const forms = dictionary[plural];
  const form = forms?.[plurals.select(n)] ?? forms?.other ?? (n === 1 ? singular : plural);
  return filled(form, { n: whole.format(n) });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
