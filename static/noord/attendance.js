// Notes who is there over a bad connection. Each line is a form that works without this; with it, a press shows at
// once, is kept in this browser (the number of the registration, no name) and sent when there is a connection.
"use strict";

(() => {
  const list = document.querySelector("[data-attendance]");
  if (!list) return;
  const KEY = `noord-attendance-${list.dataset.attendance}`;
  const RETRY = 5_000, PATIENCE = 10_000;  // milliseconds
  const page = {};
  for (const name of ["there", "all", "unsent", "number", "login", "refused", "search"])
    page[name] = document.querySelector(`[data-${name}]`);
  let sending = false, timer = 0, memory = "{}";

  // What is not sent yet: {"12": true, "15": false}; the last press counts. Without storage it lasts as the page does.
  const load = () => {
    try { memory = localStorage.getItem(KEY) ?? "{}"; } catch { /* not allowed here */ }
    try { return JSON.parse(memory); } catch { return {}; }
  };
  const save = waiting => {
    memory = JSON.stringify(waiting);
    try {
      if (Object.keys(waiting).length) localStorage.setItem(KEY, memory); else localStorage.removeItem(KEY);
    } catch { /* not allowed here, or full */ }
  };

  const lineOf = number => document.getElementById(`aanmelding-${number}`);
  const isPresent = line => !line.querySelector("[data-present]").hidden;

  function show(line, present, pending) {
    const button = line.querySelector("button");
    if (page.there && present !== isPresent(line))
      page.there.textContent = Number(page.there.textContent) + (present ? 1 : -1);
    line.classList.toggle("is-in", present);
    line.querySelector("[data-present]").hidden = !present;
    line.querySelector("[data-pending]").hidden = !pending;
    button.value = present ? "0" : "1";
    button.classList.toggle("btn-primary", !present);
    button.classList.toggle("btn-outline-primary", present);
    button.querySelector("[data-label]").textContent = present ? list.dataset.unmark : list.dataset.mark;
  }

  function tell() {
    const number = Object.keys(load()).length;
    page.number.textContent = number;
    page.unsent.hidden = number === 0;
  }

  async function post(number, present) {
    const form = lineOf(number)?.querySelector("form") ?? list.querySelector("form");
    const body = new FormData(form);
    body.set("registration", number);
    body.set("attended", present ? "1" : "0");
    return fetch(location.pathname, {
      method: "POST", body, redirect: "manual", headers: {Accept: "application/json"},
      signal: AbortSignal.timeout(PATIENCE),
    });
  }

  // Send what waits, one by one; true when nothing is left that can be sent.
  async function sendAll() {
    for (const number of Object.keys(load())) {
      const present = load()[number];
      if (present === undefined) continue;
      const response = await post(number, present);
      // To the login, or a page of before the login: nothing goes before somebody has logged in again.
      if (response.type === "opaqueredirect" || response.status === 403) { page.login.hidden = false; return true; }
      if (response.status !== 404 && response.status !== 409 && !response.ok) return false;
      const answer = response.status === 404 ? {} : await response.json();
      const waiting = load(), line = lineOf(number);
      if (waiting[number] !== present) continue;  // pressed again meanwhile: the next round sends that
      delete waiting[number];
      save(waiting);
      if (response.ok) {
        if (line) show(line, present, false);
        if (!Object.keys(waiting).length && page.there) {
          page.there.textContent = answer.there;
          page.all.textContent = answer.all;
        }
      } else {
        if (line) show(line, !present, false);
        page.refused.hidden = false;
        page.refused.textContent = [line?.querySelector("[data-name]").textContent, answer.reason].filter(Boolean).join(": ");
      }
      tell();
    }
    return Object.keys(load()).length === 0;
  }

  async function send() {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    let done = false;
    try { done = await sendAll(); } catch { /* no connection: try again later */ }
    sending = false;
    if (!done) timer = setTimeout(send, RETRY);
    tell();
  }

  list.addEventListener("submit", event => {
    event.preventDefault();
    const line = event.target.closest("li"), present = event.target.querySelector("button").value === "1";
    const waiting = load();
    waiting[event.target.elements.registration.value] = present;
    save(waiting);
    page.refused.hidden = true;
    show(line, present, true);
    send();
    setTimeout(tell, 1_000);  // with a good connection nobody needs to read it
  });

  // The search works on what is on the page, so that it works without a connection too.
  const lines = [...document.querySelectorAll(".n-tick")].map(line => [line, line.textContent.toLowerCase()]);
  page.search.addEventListener("submit", event => event.preventDefault());
  page.search.elements.q.addEventListener("input", event => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const [line, text] of lines) line.hidden = !text.includes(wanted);
  });

  for (const [number, present] of Object.entries(load())) if (lineOf(number)) show(lineOf(number), present, true);
  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  tell();
  send();
})();
