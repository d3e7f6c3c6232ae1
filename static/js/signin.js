// A card's QR code puts the username behind "#", which stays in the browser; the box shows what is typed.
const form = document.querySelector("[data-signin]");
const username = form.elements.username;

const fromCard = new URLSearchParams("u=" + window.location.hash.slice(1)).get("u");
if (fromCard && !username.value) {
  username.value = fromCard;
  form.elements.secret?.focus();
  history.replaceState(null, "", window.location.pathname);
}

const secrets = form.querySelectorAll("[data-secret]");
const box = form.querySelector("[data-show]");
const show = (shown) => {
  for (const input of secrets) input.type = shown ? "text" : "password";
};
box.hidden = false;
box.querySelector("input").addEventListener("change", (event) => show(event.target.checked));
form.addEventListener("submit", () => show(false)); // or the browser would offer it to the next child
