// Says beside the button that a passkey was not read; allauth tells it as an event.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey_problem").hidden = false;
});
