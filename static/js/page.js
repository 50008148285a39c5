// Small comforts of every page: focus on errors, character counters, drafts of long texts.
// Nothing here is needed to use the page.

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

// A link in the error summary moves the focus into the field, not only the page to it.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".error-summary a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.closest(".kern-form-input, .kern-fieldset, .check-field")?.scrollIntoView({ block: "nearest" });
});

function count(field) {
  const counter = document.getElementById(`${field.id}-zaehler`);
  if (!counter) return;
  const left = Number(field.dataset.limit) - field.value.length;
  const words = left < 0 ? counter.dataset.over : counter.dataset.left;
  counter.textContent = words.replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
  counter.classList.toggle("counter--over", left < 0);
}

// Drafts stay in this tab only (sessionStorage) and go away with the form's successful sending:
// the page that follows names the keys it has taken over in data-draft-sent.
const store = {
  key: (field) => `draft:${field.dataset.draft}`,
  read: (field) => sessionStorage.getItem(store.key(field)),
  write: (field) => sessionStorage.setItem(store.key(field), field.value),
};
const unsent = new Set();

for (const done of document.querySelectorAll("[data-draft-sent]")) {
  for (const key of done.dataset.draftSent.split(" ")) sessionStorage.removeItem(`draft:${key}`);
}

for (const field of document.querySelectorAll("textarea[data-limit], textarea[data-draft]")) {
  if (field.dataset.draft && !field.value && store.read(field)) {
    field.value = store.read(field);
    unsent.add(field);
  }
  if (field.dataset.limit) count(field);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLTextAreaElement)) return;
  if (field.dataset.limit) count(field);
  if (field.dataset.draft) {
    store.write(field);
    if (field.value === field.defaultValue) unsent.delete(field);
    else unsent.add(field);
  }
});

document.addEventListener("submit", (event) => {
  for (const field of unsent) if (event.target.contains(field)) unsent.delete(field);
});

addEventListener("beforeunload", (event) => {
  if (unsent.size) event.preventDefault();
});
