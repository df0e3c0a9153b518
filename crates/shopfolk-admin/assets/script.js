// What pages can do more with a script: search as one types, and contacts that are dragged into order.
// Everything else, and the order by buttons, works without it.
"use strict";

document.documentElement.classList.add("scripted");

const say = (text) => {
  document.getElementById("announce").textContent = text;
};

/** Fills the results of a search anew while somebody types. */
const searchAsOneTypes = (form) => {
  let last = 0;
  let waiting;
  const search = async () => {
    const mine = ++last;
    const query = new URLSearchParams(new FormData(form));
    const url = `${form.getAttribute("action")}?${query}`;
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected || mine !== last) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const results = page.getElementById(form.dataset.search);
    if (!results || mine !== last) return;
    document.getElementById(form.dataset.search).replaceWith(results);
    history.replaceState(null, "", url);
    say(results.querySelector("#count").textContent);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 150);
  });
};

/** Lets contacts be put into order by dragging, and by their buttons without loading the page. */
const orderContacts = (list) => {
  const form = document.getElementById(list.dataset.order);
  const items = () => [...list.children];
  const ids = () => items().map((item) => item.dataset.id).join(",");
  const sayPlace = (item) => {
    say(`${item.dataset.name} is now number ${items().indexOf(item) + 1} of ${items().length}`);
  };
  const showButtons = () => {
    const all = items();
    all.forEach((item, place) => {
      const [up, down] = item.querySelectorAll(".moves button");
      up.disabled = place === 0;
      down.disabled = place === all.length - 1;
    });
  };
  let saving = Promise.resolve();
  const save = (item) => {
    form.elements.order.value = ids();
    showButtons();
    const body = new URLSearchParams(new FormData(form));
    saving = saving.then(async () => {
      const answer = await fetch(form.action, { method: "POST", body }).catch(() => ({ ok: false }));
      // The page says what is there now.
      if (answer.ok) sayPlace(item);
      else location.reload();
    });
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest(".moves button");
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    if (button.value.startsWith("up")) item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    save(item);
    (button.disabled ? item.querySelector(".moves button:not(:disabled)") : button)?.focus();
  });

  let dragged;
  let before;
  for (const item of items()) {
    const grip = item.querySelector(".grip");
    grip.addEventListener("pointerdown", () => { item.draggable = true; });
    grip.addEventListener("pointerup", () => { item.draggable = false; });
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      before = ids();
      item.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.dataset.name);
    });
    item.addEventListener("dragend", () => {
      item.draggable = false;
      item.classList.remove("dragged");
      if (ids() !== before) save(item);
      dragged = undefined;
    });
  }
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target.closest("li[data-id]");
    if (!over || over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(dragged);
    else over.after(dragged);
  });
};

document.querySelectorAll("form[data-search]").forEach(searchAsOneTypes);
document.querySelectorAll("[data-order]").forEach(orderContacts);
