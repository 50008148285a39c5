// Keys for working lists and the inquiry page. They act only on pages with [data-shortcuts], never
// while somebody types, and can be switched off in the help window (WCAG 2.1.4).

const OFF = "shortcuts-off";
const help = document.getElementById("tasten");
let current = -1;

const rows = () => [...document.querySelectorAll("[data-key-row]")];
const find = (name) => document.querySelector(`[data-key-${name}]`);

function move(step) {
  const all = rows();
  if (!all.length) return;
  all[current]?.classList.remove("is-current");
  current = Math.min(Math.max(current + step, 0), all.length - 1);
  all[current].classList.add("is-current");
  all[current].querySelector("[data-key-open]")?.focus();
}

// A field gets the focus, anything else is clicked.
function use(name) {
  const target = find(name);
  if (!target) return;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
}

function actOnRow(name) {
  const inRow = rows()[current]?.querySelector(`[data-key-${name}]`);
  if (inRow) inRow.click();
  else use(name);
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => rows()[current]?.querySelector("[data-key-open]")?.click(),
  a: () => actOnRow("assign"),
  r: () => use("reply"),
  "/": () => use("search"),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (localStorage.getItem(OFF) && event.key !== "?") return;
  const act = keys[event.key];
  if (!act || !document.querySelector("[data-shortcuts]")) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-key-row]");
  if (!row) return;
  rows()[current]?.classList.remove("is-current");
  current = rows().indexOf(row);
  row.classList.add("is-current");
});

if (help) {
  const button = document.querySelector("[data-shortcut-help]");
  const box = help.querySelector("input[type=checkbox]");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
}
