// Comfort only: every page works without it. An open menu closes on Escape and on a click beside it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A filter applies when it is changed; its button is for pages without JavaScript.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-apply-on-change]");
  if (form) form.requestSubmit();
});

// One tick for every row of a list.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-all]")) return;
  for (const tick of target.form.querySelectorAll(`[name="${target.dataset.all}"]`)) tick.checked = target.checked;
});

// A list narrows as one types; without JavaScript the browser's own search does. Accents, apostrophes, dashes and spaces
// make no difference: "oneill", "o neill" and "8yma1" find O'Neill and 8y/Ma1.
const plain = (text) => text.normalize("NFKD").toLowerCase().replace(/[\p{M}\p{Cf}]/gu, "");
const apart = /[^\p{L}\p{N}]+/u;

document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-narrows]");
  if (!field) return;
  const words = plain(field.value).split(apart);
  for (const row of document.querySelectorAll(field.dataset.narrows)) {
    const all = plain(row.dataset.words).split(apart).join("");
    row.hidden = !words.every((word) => all.includes(word));
  }
});

// A button copies the text it names and says so; without JavaScript it is not there, and the text is selected by hand.
const showCopies = () => {
  for (const button of document.querySelectorAll("[data-copies]")) button.hidden = !navigator.clipboard;
};
showCopies();
document.addEventListener("htmx:afterSettle", showCopies);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies); // a box with text, or a word on the page
  const told = button.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(text.value ?? text.textContent);
    told.textContent = "Copied.";
  } catch {
    for (const closed of document.querySelectorAll("details")) if (closed.contains(text)) closed.open = true;
    if (text.select) text.select();
    else getSelection().selectAllChildren(text);
    told.textContent = "Select and copy it by hand.";
  }
});
// Ticks of rows and of whole groups; the button says in numbers what the ticks would do. Without JavaScript it says so on
// a second page.
const sum = (rows) => {
  const counts = new Map();
  for (const { dataset } of rows) counts.set(dataset.row, (counts.get(dataset.row) ?? 0) + 1);
  return [...counts].map(([nouns, count]) => {
    const [one, many] = nouns.split(",");
    return nouns ? `take over ${count.toLocaleString("en")} ${count === 1 ? one : many}` : `remove ${count.toLocaleString("en")}`;
  });
};

for (const form of document.querySelectorAll("form[data-ticks]")) {
  const rows = [...form.querySelectorAll("[data-row]")];
  const groups = [...form.querySelectorAll("[data-group]")];
  const button = form.querySelector("[data-says]");
  const unsaid = button.textContent;
  const isIn = ({ value }, { dataset }) => (value === "all" ? dataset.in !== "kept" : dataset.in === value);
  const tell = () => {
    const ticked = rows.filter((row) => row.checked);
    for (const group of groups) {
      const found = rows.filter((row) => isIn(group, row));
      group.checked = found.every((row) => row.checked);
      group.indeterminate = !group.checked && found.some((row) => row.checked);
    }
    const stay = rows.length - ticked.length;
    const says = sum(ticked).join(" and ") + (stay ? `, keep ${stay.toLocaleString("en")}` : "");
    button.textContent = ticked.length ? says[0].toUpperCase() + says.slice(1) : unsaid;
    form.querySelector("[data-said]").value = ticked.length;
  };
  form.addEventListener("change", ({ target }) => {
    if (target.matches("[data-group]")) for (const row of rows) if (isIn(target, row)) row.checked = target.checked;
    tell();
  });
  // A group that is ticked says it for its rows: a form of more than a thousand fields is refused.
  form.addEventListener("submit", () => {
    for (const group of groups) if (group.checked) for (const row of rows) if (isIn(group, row)) row.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const row of rows) row.disabled = false;
    tell();
  });
  tell();
}

// A page that asks how far something is stops asking where the answer is another page: signed out, not allowed, gone.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, pathInfo } = event.detail;
  if (!/every|load/.test(requestConfig.elt.getAttribute("hx-trigger"))) return;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  const elsewhere = xhr.responseURL && new URL(xhr.responseURL).pathname !== asked;
  if (!elsewhere && ![401, 403, 404, 410].includes(xhr.status)) return;
  event.detail.shouldSwap = false;
  location.reload();
});
