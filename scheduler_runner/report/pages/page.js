"use strict";
// How old the page is it reckons by itself: nobody serves it, and the PC that made it may be dead.
function plural(number, one, few, many) {
  const last = number % 10, two = number % 100;
  if (two >= 11 && two <= 14) return many;
  return last === 1 ? one : last >= 2 && last <= 4 ? few : many;
}
function ago(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (minutes < 1) return "только что";
  if (hours < 1) return minutes + " " + plural(minutes, "минуту", "минуты", "минут") + " назад";
  if (days < 1) return hours + " " + plural(hours, "час", "часа", "часов") + " назад";
  return days + " " + plural(days, "день", "дня", "дней") + " назад";
}
function reckon() {
  const now = Date.now() / 1000;
  for (const each of document.querySelectorAll("[data-at]")) {
    const at = Number(each.dataset.at), isLate = now > Number(each.dataset.expected);
    each.querySelector(".ago").textContent = at > now + 300 ? "часы расходятся" : ago(Math.max(0, now - at));
    each.classList.toggle("late", isLate);
  }
}
reckon();
setInterval(reckon, 30000);

// A grid of days is one stop of the Tab key; arrows go on from there. What a day was like is told below it.
for (const section of document.querySelectorAll("section.grid")) {
  const rows = Array.from(section.querySelectorAll(".days:not(.axis)"), (row) => Array.from(row.children));
  const detail = section.querySelector(".detail"), hint = detail.textContent;
  let chosen = null;
  const tell = (button) => {
    detail.textContent = button ? button.getAttribute("aria-label") : hint;
    detail.classList.toggle("told", Boolean(button));
  };
  const choose = (button) => {
    if (chosen) chosen.setAttribute("aria-pressed", "false");
    chosen = chosen === button ? null : button;
    if (chosen) chosen.setAttribute("aria-pressed", "true");
    tell(chosen);
  };
  rows.forEach((row, y) => row.forEach((button, x) => {
    button.tabIndex = x === row.length - 1 && y === 0 ? 0 : -1;
    button.addEventListener("pointerenter", () => tell(button));
    button.addEventListener("pointerleave", () => tell(chosen));
    button.addEventListener("focus", () => tell(button));
    button.addEventListener("blur", () => tell(chosen));
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      const next = step && rows[y + step[0]] && rows[y + step[0]][x + step[1]];
      if (step) event.preventDefault();
      if (!next) return;
      button.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }));
}
