/* table.js - elements, and tables that sort by keyboard or mouse and keep their groups. */
"use strict";

/* el("a", {href: "#x"}, "text", child): attributes that are null or false are left out. */
function el(name, attributes, ...children) {
    const out = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
        if (value !== null && value !== undefined && value !== false) {
            out.setAttribute(key, value === true ? "" : value);
        }
    }
    out.append(...children.filter(child => child !== null && child !== undefined));
    return out;
}

/* A cell is a text, or {text, lines, value, tip, kind, href, span, swatch}. `value` is what it is
 * sorted by, `lines` stand below the text, each a text or {text, kind, tip}. */
function makeCell(cell, column, isHead, mostSpan) {
    const c = typeof cell === "object" && cell !== null ? cell : {text: cell};
    const text = c.text === null || c.text === undefined || c.text === "" ? "-" : String(c.text);
    const out = el(isHead ? "th" : "td", {
        scope: isHead ? "row" : null,
        colspan: c.span > 1 ? Math.min(c.span, mostSpan) : null,
        class: [c.kind, column.number && !c.span ? "number" : "", column.long ? "long" : ""]
            .filter(Boolean).join(" ") || null,
        "data-tip": c.tip,
    });
    if (c.swatch) {
        out.append(el("span", {class: "swatch", style: `--colour:${c.swatch}`}));
    }
    out.append(c.href ? el("a", {href: c.href}, text) : c.lines && c.text === undefined ? "" : text);
    for (const line of c.lines || []) {
        const l = typeof line === "object" ? line : {text: line};
        out.append(el("small", {class: l.kind, "data-tip": l.tip}, l.text));
    }
    out.sortValue = c.value !== undefined ? c.value : text;
    return out;
}

/* What is not known comes last, whichever way one sorts. */
function compareCells(a, b, up) {
    const x = a ? a.sortValue : null, y = b ? b.sortValue : null;
    if (x === null || y === null) {
        return (x === null) - (y === null);
    }
    if (typeof x !== typeof y) {
        return typeof x === "number" ? -1 : 1;
    }
    return up * (typeof x === "number" ? x - y : x.localeCompare(y));
}

/* Within each group: its heading stays above its rows. */
function sortBy(table, column, th) {
    const up = th.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) {
        other.setAttribute("aria-sort", "none");
    }
    th.setAttribute("aria-sort", up > 0 ? "ascending" : "descending");
    for (const body of table.tBodies) {
        const rows = [...body.rows].filter(row => !row.classList.contains("group"));
        rows.sort((a, b) => compareCells(a.cells[column], b.cells[column], up));
        body.append(...rows);
    }
}

/* columns: [{title, number, long, tip}]; groups: [{title, rows: [{cells, workload, allocator,
 * twin}]}], a title being optional. Columns in which no row has anything are left out. */
function makeTable(caption, columns, groups) {
    const rows = groups.flatMap(group => group.rows);
    const isBlank = cell => cell === null || cell === undefined ||
        (typeof cell === "object" && !cell.text && !cell.lines);
    const shown = columns.map((_, i) => rows.some(row => !isBlank(row.cells[i])));
    const kept = columns.filter((_, i) => shown[i]);
    const table = el("table", {}, el("caption", {}, caption));
    const head = el("tr");
    kept.forEach((column, i) => {
        const button = el("button", {type: "button"}, column.title);
        const th = el("th", {scope: "col", "aria-sort": "none", "data-tip": column.tip}, button);
        button.addEventListener("click", () => sortBy(table, i, th));
        head.append(th);
    });
    table.append(el("thead", {}, head));
    for (const group of groups.filter(one => one.rows.length > 0)) {
        const body = el("tbody");
        if (group.title) {
            body.append(el("tr", {class: "group"},
                el("th", {scope: "rowgroup", colspan: kept.length}, el("span", {}, group.title))));
        }
        for (const row of group.rows) {
            const cells = row.cells.filter((_, i) => shown[i]);
            body.append(el("tr", {
                class: row.twin ? "twin" : null,
                "data-workload": row.workload,
                "data-allocator": row.allocator,
            }, ...cells.map((cell, i) => makeCell(cell, kept[i], i === 0, kept.length - i))));
        }
        table.append(body);
    }
    return el("div", {class: "scroll", role: "region", "aria-label": caption}, table);
}
