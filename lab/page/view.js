/* view.js - what the reader does with the page: values under the pointer, filter, colours, boxes
 * that scroll. Knows nothing of what the page is about. */
"use strict";

const find = id => document.getElementById(id);

/* A value is in data-tip: of cells, and of marks of figures, whose drawings bring it as <title>. */
function prepareDrawing(svg) {
    for (const title of svg.querySelectorAll("title")) {
        title.parentNode.setAttribute("data-tip", title.textContent.replaceAll("\\n", "\n"));
        title.remove();
    }
}

function showTip(event) {
    const tip = find("tip"), target = event.target.closest && event.target.closest("[data-tip]");
    tip.hidden = !target;
    if (target) {
        tip.textContent = target.getAttribute("data-tip");
        const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 6);
        const below = event.clientY + 18 + tip.offsetHeight < innerHeight;
        tip.style.left = `${Math.max(6, left)}px`;
        tip.style.top = `${below ? event.clientY + 18 : event.clientY - tip.offsetHeight - 10}px`;
    }
}

function startTips() {
    document.addEventListener("pointermove", showTip);
    document.addEventListener("pointerdown", showTip);
    const hide = () => { find("tip").hidden = true; };
    document.addEventListener("scroll", hide, true);
    document.addEventListener("pointerleave", hide);
    document.addEventListener("keydown", event => event.key === "Escape" && hide());
}

/* The keyboard reaches a box that scrolls, and no other. */
function markBoxes() {
    for (const box of document.querySelectorAll(".scroll")) {
        box.toggleAttribute("tabindex", false);
        if (box.scrollWidth > box.clientWidth + 1) {
            box.setAttribute("tabindex", "0");
        }
    }
}

/* Rows, sections of a workload and figures that the filter leaves out are hidden, and headings of
 * nothing. data-workload is a name, or several with blanks between. */
function applyFilter() {
    const wanted = find("filter-workload").value.trim().toLowerCase();
    const boxes = [...document.querySelectorAll("#filter-allocators input")];
    const off = new Set(boxes.filter(box => !box.checked).map(box => box.value));
    const leftOut = node => (node.dataset.workload !== undefined &&
            !node.dataset.workload.toLowerCase().includes(wanted)) ||
        (node.dataset.allocator !== undefined && off.has(node.dataset.allocator));
    const nodes = [...document.querySelectorAll("main [data-workload], main [data-allocator], nav [data-workload]")];
    for (const node of nodes) {
        node.hidden = leftOut(node);
    }
    for (const body of document.querySelectorAll("tbody")) {
        body.hidden = [...body.rows].every(row => row.hidden || row.classList.contains("group"));
    }
    for (const group of document.querySelectorAll("[data-group]")) {
        const own = [...group.querySelectorAll("[data-workload]")];
        group.hidden = own.length > 0 && own.every(node => node.hidden);
    }
    const rows = nodes.filter(node => node.tagName === "TR");
    const shown = rows.filter(row => row.checkVisibility()).length;
    const isOn = wanted !== "" || off.size > 0;
    find("filtered").textContent = isOn ? " (on)" : "";
    find("shown").value = isOn ? `${shown} of ${rows.length} rows` : "";
    markBoxes();
}

function startFilter(workloads, allocators) {
    find("workload-names").append(...workloads.map(name => el("option", {value: name})));
    find("filter-allocators").append(...allocators.map(a => el("label", {},
        el("input", {type: "checkbox", value: a.key, checked: true}),
        el("span", {class: "swatch", style: `--colour:${a.colour}`}), a.name)));
    const form = find("filter").querySelector("form");
    form.addEventListener("input", applyFilter);
    form.addEventListener("submit", event => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(applyFilter));
}

/* Kept for the next visit, where the browser lets a file do so. */
function startTheme() {
    const select = find("theme"), root = document.documentElement;
    const stored = action => { try { return action(); } catch (refused) { return null; } };
    const apply = () => {
        select.value === "auto" ? root.removeAttribute("data-theme")
                                : root.setAttribute("data-theme", select.value);
    };
    select.value = stored(() => localStorage.getItem("hakmem-theme")) || "auto";
    select.addEventListener("change", () => {
        apply();
        stored(() => localStorage.setItem("hakmem-theme", select.value));
    });
    apply();
}

function startView(workloads, allocators) {
    startTips();
    startFilter(workloads, allocators);
    startTheme();
    markBoxes();
    addEventListener("resize", markBoxes);
    document.addEventListener("toggle", markBoxes, true);
    addEventListener("beforeprint", () => {
        document.querySelectorAll("main details").forEach(one => { one.open = true; });
    });
}
