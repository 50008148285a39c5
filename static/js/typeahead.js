// Turns a text field with data-source into a picker of municipalities. The list is fetched once;
// "giessen", "Gießen", "Giesen" with umlaut habits and "35390" find the same place, and what is not in
// the list is kept as typed. Needs accessible-autocomplete.min.js loaded before.

const SHOWN = 12;

/** Bring spellings together: case, accents, ß/ss and ae/oe/ue for umlauts do not count. */
export function fold(text) {
  return text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/([aou])e/g, "$1")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Return the labels that match, those first that begin with the query. */
export function matches(places, query) {
  const wanted = fold(query);
  if (!wanted) return [];
  const ranked = [];
  for (const place of places) {
    const rank = place.folded.startsWith(wanted) ? 0 : place.folded.includes(` ${wanted}`) ? 1 : 2;
    if (rank < 2 || (wanted.length > 2 && place.folded.includes(wanted))) ranked.push([rank, place.label]);
  }
  return ranked.sort((a, b) => a[0] - b[0] || a[1].localeCompare(b[1], "de")).slice(0, SHOWN).map((r) => r[1]);
}

async function enhance(field) {
  const answer = await fetch(field.dataset.source, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const places = (await answer.json()).map(({ label, search = "" }) => ({
    label,
    folded: `${fold(label)} ${fold(search)}`,
  }));
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  const hint = described.map((id) => document.getElementById(id)?.textContent.trim()).join(" ");
  const holder = document.createElement("div");
  holder.className = "picker";
  const invalid = field.getAttribute("aria-invalid");
  const { id, name, value, className, required } = field;
  field.replaceWith(holder);
  window.accessibleAutocomplete({
    element: holder,
    id,
    name,
    required,
    defaultValue: value,
    inputClasses: className,
    minLength: 2,
    confirmOnBlur: false,
    displayMenu: "overlay",
    source: (query, populate) => populate(matches(places, query)),
    tNoResults: () => field.dataset.noResults,
    tAssistiveHint: () => hint,
    tStatusQueryTooShort: () => "",
    tStatusNoResults: () => field.dataset.noResults,
    tStatusSelectedOption: (option) => option,
    tStatusResults: (length) => field.dataset.results.replace("{n}", length),
  });
  const input = document.getElementById(id);
  input.classList.remove("autocomplete__input--default");
  if (invalid) input.setAttribute("aria-invalid", invalid);
}

for (const field of document.querySelectorAll("input[data-source]")) enhance(field);
