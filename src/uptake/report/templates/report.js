"use strict";
(() => {
  const data = JSON.parse(document.getElementById("drill-data").textContent);
  const dialog = document.getElementById("drill");
  const title = document.getElementById("drill-title");
  const body = document.getElementById("drill-body");
  const words = data.drill;
  if (typeof dialog.showModal !== "function") return;
  document.documentElement.classList.add("with-script");

  const fill = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const number = (value) => (value === null ? "\u2013" : value.toFixed(2).replace("-", "\u2212"));
  const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const read = (row) => {
    const item = Object.fromEntries(data.columns.map((name, place) => [name, row[place]]));
    for (const name of ["claim", "polarity", "prompt", "fit", "foil", "reason"]) item[name] = data.texts[item[name]];
    return item;
  };

  function showItem(item) {
    const article = make("article", undefined, "item");
    article.append(make("pre", item.prompt));
    const answers = make("ul");
    for (const [text, logp, what] of [[item.fit, item.logp_fit, words.agrees], [item.foil, item.logp_foil, words.foil]]) {
      const line = make("li", `${words.logp} ${number(logp)} `);
      line.append(make("q", text.trim()), ` (${what})`);
      answers.append(line);
    }
    const scores = { value: number(item.value), mass: number(item.option_mass), reason: item.reason };
    const score = fill(item.value === null ? words.no_value : words.value, scores);
    article.append(answers, make("p", `${score}; ${fill(words.place, item)}`, "found"));
    return article;
  }

  function showDocuments(frame, claim) {
    const found = data.documents[`${frame}|${claim}`];
    if (!found) return [];
    const heading = make("h3", fill(words.documents, { claim, frame, shown: found.sample.length, total: found.total }));
    const texts = found.sample.map((segments) => {
      const text = make("pre");
      for (const [role, inLoss, place] of segments) {
        const span = make("span", data.texts[place], role === "frame" ? "frame-words" : "");
        if (!inLoss) span.classList.add("not-in-loss");
        text.append(span);
      }
      return text;
    });
    return [heading, ...texts];
  }

  function show(id) {
    const cell = data.cells[id];
    if (!cell) return false;
    title.textContent = fill(words.title, { ...cell, context: data.contexts[cell.context] });
    const items = cell.sample.map(read);
    const counts = { shown: items.length, items: grouped(cell.items), unscored: grouped(cell.unscored) };
    body.replaceChildren(make("p", `${fill(words.at, { checkpoint: grouped(cell.checkpoint) })}. ${fill(words.count, counts)}`));
    body.append(...items.map(showItem), make("p", words.legend, "found"));
    const claims = [...new Set(items.map((item) => item.claim))];
    for (const claim of claims) body.append(...showDocuments(cell.frame, claim));
    const without = claims.filter((claim) => !data.documents[`${cell.frame}|${claim}`]).join(", ");
    if (without) body.append(make("p", fill(words.no_documents, { frame: cell.frame, claims: without }), "missing"));
    dialog.showModal();
    dialog.scrollTop = 0;
    title.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-cell]");
    if (link && show(link.dataset.cell)) event.preventDefault();
  });
  document.getElementById("drill-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details.numbers")) fold.open = true;
  });
})();
