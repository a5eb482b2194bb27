"use strict";
const form = document.getElementById("filters");
const cases = [...document.querySelectorAll(".case")];

function apply() {
  const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const { value: type } = form.elements.type;
  const { value: came } = form.elements.came;
  let shown = 0;
  for (const item of cases) {
    const text = item.textContent.toLowerCase();
    const fits = (!type || item.dataset.type === type) && (!came || item.dataset.came === came)
      && words.every((word) => text.includes(word));
    item.hidden = !fits;
    shown += fits;
  }
  document.getElementById("count").textContent = `${shown} of ${cases.length} cases`;
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
apply();
