"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const list = $("#cards"), cards = $$(".card"), worst = new Map(cards.map((card, index) => [card, index]));
  const name = card => $("bdi", card).textContent;
  const findings = card => $$(":scope > ul > li", card);
  const texts = new Map();
  const text = card => texts.get(card) ?? (texts.set(card, card.textContent.toLowerCase()), texts.get(card));
  const ranks = new Map(cards.map(card => [card, [...card.classList].find(name => /^k\d+$/.test(name)).slice(1)]));
  const boxes = $$("main > [type=checkbox]");
  const kinds = () => new Set(boxes.filter(box => box.checked).map(box => box.id.slice(1)));
  const rank = item => item.dataset.k;
  const chosen = () => $("[name=rule]:checked").id;
  const shown = () => {
    const rule = chosen(), on = kinds();
    return cards.filter(card => !card.hidden && (rule === "all" || card.classList.contains(rule)) &&
      [...ranks.get(card)].some(rank => on.has(rank)));
  };
  const tell = () => {
    const number = shown().length;
    $("#shown").textContent = `${number} of ${cards.length}`;
    $("#nothing").style.display = number ? "none" : "block";
  };
  const search = () => {
    const words = $("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const card of cards) card.hidden = !words.every(word => text(card).includes(word));
    tell();
  };
  const orders = {
    worst: (a, b) => worst.get(a) - worst.get(b),
    name: (a, b) => name(a).localeCompare(name(b)),
    count: (a, b) => findings(b).length - findings(a).length || worst.get(a) - worst.get(b),
  };
  const sort = () => {
    list.replaceChildren(...[...cards].sort(orders[$("#sort").value]));
  };
  const cell = value => {
    // a spreadsheet must not take a name for a formula
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const csv = () => {
    const rule = chosen(), on = kinds(), mark = (rule[0] === "t" ? "j" : "i") + rule.slice(1);
    const rows = [["type", "name", "arn", "result", "rule", "message", "fix"]];
    for (const card of shown()) for (const item of findings(card)) {
      if (!on.has(rank(item)) || (rule !== "all" && !item.classList.contains(mark))) continue;
      rows.push([$(".type", card).textContent, name(card), $(".arn", card).textContent, item.classList[0],
        $(".name", item).textContent, $(".what", item).textContent, $$(".fix", item).map(fix => fix.textContent).join("\n")]);
    }
    const body = rows.map(row => row.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([body], { type: "text/csv" }));
    link.download = "findings.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const copy = async fix => {
    try {
      await navigator.clipboard.writeText(fix.textContent);
    } catch {
      getSelection().selectAllChildren(fix);
      if (!document.execCommand("copy")) return;
    }
    fix.classList.add("copied");
    setTimeout(() => fix.classList.remove("copied"), 1500);
  };
  let waiting;
  $("#search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  $("#sort").addEventListener("change", sort);
  $("#csv").addEventListener("click", csv);
  document.body.addEventListener("change", event => { if (event.target.parentNode.localName === "main") { tell(); scrollTo(0, 0); } });
  list.addEventListener("click", event => { const fix = event.target.closest(".fix"); if (fix) copy(fix); });
  list.addEventListener("keydown", event => { if (event.key === "Enter" && event.target.matches(".fix")) copy(event.target); });
  addEventListener("keydown", event => {
    if (event.key === "/" && !event.target.matches("input[type=search]")) { event.preventDefault(); $("#search").focus(); }
  });
  document.documentElement.classList.add("js");
  $("#tools").hidden = false;
  tell();
})();
