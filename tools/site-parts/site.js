// The search over all pages, and tables that can be sorted and filtered.
"use strict";

// The sections that hold every word of the query, best first: titles before text, whole words before parts, the words side by side
// before words apart, and documents before rows of results.
function search(index, query, most = 30) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const scored = [];
    for (const section of index) {
        let sum = 0;
        const holds = words.every((word) => {
            const often = Math.min(6, section.text.toLowerCase().split(word).length - 1);
            const points = 8 * place(section.title, word) + 3 * place(section.page, word) + place(section.text, word) + often;
            sum += points;
            return points > 0;
        });
        const phrase = words.join(" ");
        sum += 10 * Math.max(0, place(section.title, phrase) - 1) + 4 * place(section.text, phrase);
        if (holds) scored.push({ section, score: section.page === "Results" ? sum / 4 : sum });
    }
    scored.sort((a, b) => b.score - a.score || a.section.text.length - b.section.text.length);
    return scored.slice(0, most).map(({ section }) => ({ ...section, snippet: snippet(section.text, words) }));
}

// 3 for a whole word, 2 for the beginning of one, 1 for a part, 0 for none.
function place(text, word) {
    const low = text.toLowerCase(), isLetter = (c) => c !== undefined && /[\p{L}\d_]/u.test(c);
    let best = 0;
    for (let at = low.indexOf(word); at >= 0 && best < 3; at = low.indexOf(word, at + 1)) {
        const begins = !isLetter(low[at - 1]);
        best = Math.max(best, begins ? (isLetter(low[at + word.length]) ? 2 : 3) : 1);
    }
    return best;
}

// What stands around the first word that is found.
function snippet(text, words) {
    const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
    const at = places.length ? Math.min(...places) : 0;
    const from = at < 60 ? 0 : text.indexOf(" ", at - 60) + 1 || at;
    return (from > 0 ? "… " : "") + text.slice(from, from + 170) + (from + 170 < text.length ? " …" : "");
}

function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
}

// The snippet with the words of the query in bold.
function marked(text, query) {
    const small = element("small", "");
    const words = query.split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    text.split(new RegExp(`(${words.join("|")})`, "i")).forEach((part, i) => small.append(i % 2 ? element("mark", part) : part));
    return small;
}

function startSearch() {
    const form = document.getElementById("search"), input = form.querySelector("input"), list = document.getElementById("found");
    form.hidden = false;
    const show = () => {
        const found = search(SEARCH_INDEX, input.value);
        list.replaceChildren(...found.map((entry) => {
            const link = element("a", "", { href: entry.url });
            const page = entry.title === entry.page ? "" : ` · ${entry.page}`;
            link.append(element("b", entry.title), page, marked(entry.snippet, input.value));
            const item = element("li", "");
            item.append(link);
            return item;
        }));
        if (!found.length) list.append(element("li", "Nothing holds all of these words.", { class: "none" }));
        list.hidden = !input.value.trim();
    };
    input.addEventListener("input", show);
    input.addEventListener("focus", show);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        list.querySelector("a")?.click();
    });
    const close = () => { list.hidden = true; };
    list.addEventListener("click", close);
    document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
    document.addEventListener("keydown", (event) => {
        const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
        if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            input.focus();
            input.select();
        } else if (event.key === "Escape") {
            close();
            input.blur();
        }
    });
    form.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const places = [input, ...list.querySelectorAll("a")];
        places[Math.min(places.length - 1, Math.max(0, places.indexOf(document.activeElement) + step))].focus();
    });
}

// Numbers by their value before words by their letters.
function compareCells(a, b) {
    const x = parseFloat(a), y = parseFloat(b);
    if (!isNaN(x) && !isNaN(y) && x !== y) return x - y;
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    return a.localeCompare(b);
}

function sortBy(table, column, head) {
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    const text = (row) => row.cells[column].textContent;
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => direction * compareCells(text(a), text(b))));
}

function startTable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = element("button", head.textContent, { type: "button" });
        button.addEventListener("click", () => sortBy(table, column, head));
        head.replaceChildren(button);
    });
    const input = element("input", "", { type: "search", placeholder: `Filter the ${table.dataset.filter}` });
    input.setAttribute("aria-label", input.placeholder);
    const count = element("output", ""), bar = element("div", "", { class: "filter" });
    const filter = () => {
        const words = input.value.toLowerCase().split(/\s+/), rows = [...table.tBodies[0].rows];
        for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
        count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    };
    input.addEventListener("input", filter);
    bar.append(input, count);
    table.parentElement.before(bar);
    filter();
}

if (typeof document !== "undefined") {
    startSearch();
    const nav = document.getElementById("pages"), current = nav.querySelector("[aria-current]");
    if (current) nav.scrollTop = current.offsetTop - nav.clientHeight / 2;
    document.querySelectorAll("table.sortable").forEach(startTable);
} else {
    module.exports = { search, compareCells };
}
