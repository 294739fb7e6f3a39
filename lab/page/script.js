/* script.js - fills the sections of page.html from report.json (results/README.md has its keys). */
"use strict";

const report = JSON.parse(find("report").textContent);

/* Words of verdicts: which are good for the one that is meant. */
const GOOD = ["faster", "less"], BAD = ["slower", "more"];
const kindOf = verdict => GOOD.includes(verdict) ? "better" : BAD.includes(verdict) ? "worse" : null;
const known = value => value !== null && value !== undefined;

/* Like the terminal: three digits below 10, and fewer above. */
function digits(value) {
    const size = Math.abs(value);
    return value.toFixed(size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0);
}
const number = (value, places) => known(value) ? value.toFixed(places) : null;
const significant = value => !known(value) ? null : value === 0 ? "0" : Number(value.toPrecision(4)).toString();
const percent = (value, places = 1) => known(value) ? `${(100 * value).toFixed(places)} %` : null;
const interval = r => r && known(r.ratio) ? `${digits(r.ratio)} [${digits(r.lo)}, ${digits(r.hi)}]` : null;
function bytes(value) {
    if (!known(value)) {
        return null;
    }
    const units = ["B", "KiB", "MiB", "GiB"];
    let u = 0, size = value;
    for (; Math.abs(size) >= 1024 && u < 3; u++) {
        size /= 1024;
    }
    return `${size.toFixed(u ? 1 : 0)} ${units[u]}`;
}
function rate(value) {
    const [unit, name] = value >= 1e5 ? [1e6, "M"] : value >= 100 ? [1e3, "k"] : [1, ""];
    return known(value) ? `${digits(value / unit)}${name ? " " + name : ""}` : null;
}
function duration(ns) {
    const [unit, name] = ns < 1e3 ? [1, "ns"] : ns < 1e6 ? [1e3, "µs"] : ns < 1e9 ? [1e6, "ms"] : [1e9, "s"];
    return known(ns) ? `${Number((ns / unit).toPrecision(3))} ${name}` : null;
}

const fill = name => document.querySelector(`[data-fill="${name}"]`);
const colours = Object.fromEntries(report.allocators.map(a => [a.key, a.colour]));
const allocatorCell = row => ({text: row.label, swatch: colours[row.allocator]});
const workloadLink = name => find(`w-${name}`) ? {text: name, href: `#w-${name}`} : name;

function ratioTip(r, more) {
    const floor = known(r.noise_floor) ? `; noise floor ${percent(r.noise_floor)}` : "";
    const p = known(r.p) ? `; p ${significant(r.p)}, corrected` : "";
    return `${more}: ${r.verdict || ""}\n${interval(r)}: ${percent(r.ratio - 1)} ` +
        `[${percent(r.lo - 1)}, ${percent(r.hi - 1)}]\nfrom ${r.pairs} pairs${p}${floor}`;
}

function ratioCell(r, more) {
    return r && known(r.ratio) ? {
        text: interval(r), lines: r.verdict ? [r.verdict] : [], value: r.ratio,
        kind: kindOf(r.verdict), tip: ratioTip(r, more),
    } : null;
}

/* Figures */

function makeFigure(figure) {
    const drawing = find(`drawing-${figure.name}`);
    const svg = drawing && drawing.content.querySelector("svg");
    if (!svg) {
        return el("p", {class: "note failed"}, `${figure.caption}: not drawn` +
            (figure.missing ? `, because ${figure.missing}.` : "."));
    }
    const copy = document.importNode(svg, true);
    prepareDrawing(copy);
    copy.setAttribute("role", "img");
    copy.setAttribute("aria-label", figure.caption);
    const width = copy.viewBox.baseVal.width; /* letters smaller than this cannot be read */
    copy.style.maxWidth = `${width}px`;
    copy.style.minWidth = `${0.75 * width}px`;
    return el("figure", {},
        el("div", {class: "scroll drawing", role: "region", "aria-label": figure.caption}, copy),
        el("figcaption", {}, `${figure.caption} (`, el("a", {href: `plots/${figure.name}.png`}, "PNG"), ")"));
}

const figuresOf = (scope, of) =>
    report.figures.filter(f => f.scope === scope && f.of === of).map(makeFigure);

/* Tables */

function recommendations() {
    return report.recommendations.length === 0 ? [] : [makeTable("W_MAX mid/large, by workload", [
        {title: "workload"}, {title: "recommendation", long: true}], [{rows: report.recommendations.map(r => ({
            workload: known(r.workload) ? r.workload : undefined,
            cells: [known(r.workload) ? workloadLink(r.workload) : "all of them",
                {text: r.sentence, kind: r.change ? "better" : null}],
        }))}])];
}

function averages() {
    const others = report.averages.slice(1);
    return others.length === 0 || others[0].workloads < 2 ? [] : [makeTable(
        `Geometric means over ${others[0].workloads} workloads: allocator over hakmem`,
        [{title: "allocator"}, ...report.measures.map(m => ({title: m.title, number: true})),
            {title: "workloads", number: true}],
        [{rows: others.map(a => ({allocator: a.allocator, cells: [allocatorCell(a),
            ...report.measures.map(m => a.ratios[m.key] && ratioCell(a.ratios[m.key], `${a.label}, ${m.title}`)),
            {text: a.workloads, value: a.workloads}]}))}])];
}

function claimsCell(row) {
    const lines = row.claims.map(c => ({text: `${c.text}: ${c.finding}`, kind: c.finding, tip: c.figure_text}));
    if (row.failures) {
        lines.push({text: `failed samples: ${row.failures}`, kind: "failed"});
    }
    return lines.length ? {lines, value: row.claims.filter(c => c.finding === "holds").length} : null;
}

/* Rows in groups, by the groups' names in the order of the workloads. */
function byGroup(rows, groupOf) {
    const names = [...new Set(report.workloads.map(w => w.group))];
    return names.map(name => ({title: name, rows: rows.filter(row => groupOf(row) === name)}));
}

function best() {
    const sides = [["speed", "fastest", "speed"], ["peak", "leanest at the peak", "peak memory"],
        ["steady", "leanest at the end", "memory at the end"]];
    const rows = report.table.map(row => ({
        workload: row.workload, group: row.group,
        cells: [workloadLink(row.workload), ...sides.flatMap(([key, , title]) => [row[key].allocator,
            ratioCell(row[key], `${row.workload}, ${title}, hakmem over ${row[key].allocator}`)]),
            claimsCell(row)],
    }));
    return rows.length === 0 ? [] : [makeTable("hakmem over the best other allocator", [{title: "workload"},
        ...sides.flatMap(([, who, title]) => [{title: who}, {title, number: true}]),
        {title: "claims", long: true}], byGroup(rows, row => row.group))];
}

function medianCell(cell, measure) {
    const m = cell.measures[measure.key];
    if (measure.unit === "op/s") {
        return m && known(m.median) ? {text: rate(m.median), value: m.median} : null;
    }
    /* A workload that requests nothing has no quotient. */
    const plain = cell.requested_peak_bytes === 0 ? cell[`${measure.key}_bytes`] : null;
    return m && known(m.median) ? {text: digits(m.median), value: m.median}
        : known(plain) ? {text: bytes(plain), value: plain} : null;
}

function comparisonRow(cell) {
    const failures = [cell.threshold_per_mop, cell.exhaustion_per_mop, cell.mapfail_per_mop];
    const size = value => known(value) ? {text: bytes(value), value} : null;
    const plain = (value, places) => known(value) ? {text: number(value, places), value} : null;
    return {
        workload: cell.workload, allocator: cell.twin ? "hakmem" : cell.allocator, twin: cell.twin,
        cells: [allocatorCell(cell), ...report.measures.flatMap(m => [medianCell(cell, m),
            cell.allocator === "hakmem" ? medianCell(cell, m) && {text: "1", value: 1, tip: "the reference"}
                : ratioCell(cell.measures[m.key], `${cell.label} on ${cell.workload}, ${m.title}, over hakmem`)]),
            size(cell.peak_bytes), plain(cell.above_bound_percent, 1), size(cell.drain_bytes), plain(cell.cpu_ns_per_op, 1),
            plain(cell.rare_percent, 1), plain(cell.faults_per_kop, 2),
            known(failures[0]) ? {text: failures.map(significant).join("/"), value: failures[0]} : null,
            {text: cell.samples, value: cell.samples},
            cell.failed ? {text: cell.failures, kind: "failed", value: cell.failed} : null],
    };
}

function comparison() {
    const cells = report.cells.filter(cell => cell.phase === "compare");
    const groups = report.workloads.map(w => {
        const noise = report.noise.find(n => n.workload === w.name);
        return {title: `${w.name}: ${w.title}` + (noise ? ` (noise floor: ` +
            `${report.measures.map(m => `${m.title} ${percent(noise.floors[m.key])}`).join(", ")})` : ""),
        rows: cells.filter(cell => cell.workload === w.name).map(comparisonRow)};
    });
    const over = m => ({title: `${m.title}, over hakmem's`, number: true});
    return cells.length === 0 ? [] : [makeTable("By workload; medians, and ratios with the verdict below", [{title: "allocator"},
        ...report.measures.flatMap(m => [{title: m.title, number: true, tip: m.unit}, over(m)]),
        {title: "peak", number: true},
        {title: "above the bound", number: true, tip: "% that the peak is above the least memory that any allocator needs for these blocks"},
        {title: "drained", number: true, tip: "left 100 ms after all was freed"},
        {title: "CPU ns/op", number: true},
        {title: "rare work", number: true, tip: "% that the mean turn takes longer than the median one, as to give memory back"}, {title: "faults", number: true, tip: "per 1000 operations"},
        {title: "ACE failures", number: true, tip: "threshold/exhaustion/mapfail per million operations"},
        {title: "samples", number: true}, {title: "failed", long: true}], groups)];
}

function waste() {
    const {ranges, rows} = report.waste;
    const cellOf = value => known(value) ? {text: `${value.toFixed(value < 99.95 ? 1 : 0)} %`, value} : null;
    return rows.length === 0 ? [] : [makeTable("Mean waste, of the request", [{title: "allocator"},
        ...ranges.flatMap(r => [{title: `${r}: usable`, number: true}, {title: `${r}: touched`, number: true}])],
    [{rows: rows.map(row => ({allocator: row.allocator, cells: [allocatorCell(row),
        ...(row.status === "ok" ? ranges.flatMap((_, i) => [cellOf(row.usable_percent[i]),
            cellOf(row.touched_percent[i])]) : [{text: row.status, kind: "failed", span: 2 * ranges.length}])]}))}])];
}

/* Of the closer looks: key, caption, columns, and the cells of a row that has figures. */
const mib = value => known(value) ? {text: (value / 1048576).toFixed(2), value} : null;
const perMillion = value => known(value) ? {text: value.toFixed(1), value} : null;
const ns = value => known(value) ? {text: value.toFixed(0), value} : null;
const LOOKS = [
    ["latency", "latency of one operation, ns (one run; the clock is in it)",
        ["malloc p50", "p99", "p99.9", "p99.99", "max", "free p50", "p99", "p99.9", "p99.99", "max"],
        row => row.malloc_ns && [row.malloc_ns, row.free_ns].flatMap(
            l => [l.p50, l.p99, l.p999, l.p9999, l.max].map(ns))],
    ["memory", "memory, MiB (one run), as the allocator tells",
        ["requested", "rounding", "held free", "metadata", "resident", "after 0.1 s", "1 s", "5 s"],
        row => row.bytes && ["requested", "rounding", "held_free", "metadata", "resident", "drain_100ms",
            "drain_1s", "drain_5s"].map(key => mib(row.bytes[key]))],
    ["calls", "system calls per million operations (one run)",
        ["mmap", "munmap", "mremap", "madvise", "brk", "page faults"],
        row => row.per_mop && ["mmap", "munmap", "mremap", "madvise", "brk", "faults"].map(
            key => perMillion(row.per_mop[key]))],
];

function looks(workload) {
    return LOOKS.flatMap(([key, caption, titles, cellsOf]) => {
        const rows = report.looks[key].filter(row => row.workload === workload);
        return rows.length === 0 ? [] : [makeTable(`${workload}: ${caption}`,
            [{title: "allocator"}, ...titles.map(title => ({title, number: true}))],
            [{rows: rows.map(row => ({allocator: row.allocator, cells: [allocatorCell(row),
                ...(cellsOf(row) || [{text: row.status, kind: "failed", span: titles.length}])]}))}])];
    });
}

function requests(workload) {
    const rows = report.requests.filter(row => row.workload === workload);
    const parts = ["p50", "p90", "p99", "p99.9", "max"];
    const timeCell = part => known(part.ns) ? {text: duration(part.ns), value: part.ns,
        lines: known(part.ns_lo) ? [`[${duration(part.ns_lo)}, ${duration(part.ns_hi)}]`] : [],
        tip: `median of ${part.samples} samples`} : null;
    return rows.length === 0 ? [] : [makeTable(`${workload}: time of a request`, [{title: "allocator"},
        ...parts.map(title => ({title, number: true})), {title: "p99, over hakmem's", number: true},
        {title: "noise floor", number: true}],
    [{rows: rows.map(row => ({allocator: row.allocator, cells: [allocatorCell(row),
        ...parts.map(part => timeCell(row.parts[part])),
        ...(row.allocator === "hakmem" ? [{text: "1 (reference)", value: 1}, null]
            : [ratioCell(row.parts.p99, `${row.label}, p99 of requests, over hakmem`),
                percent(row.parts.p99.noise_floor)])]}))}]),
    el("p", {class: "note"}, "As the load generator of the program tells (-: it does not): the median over the " +
        "samples and its 95 % interval, from three samples on. Its clients wait for each answer, so a stall " +
        "counts once per client. A maximum is one request of each sample, so it is not compared.")];
}

/* A workload with figures or tables has a place of its own; the others share a table. */
function workloadParts() {
    const names = [...new Set(report.workloads.map(w => w.group))];
    return names.map(group => {
        const own = report.workloads.filter(w => w.group === group);
        const parts = new Map(own.map(w => [w, [...figuresOf("workload", w.name), ...requests(w.name), ...looks(w.name)]]));
        const bare = own.filter(w => parts.get(w).length === 0);
        const list = bare.length === 0 ? [] : [makeTable(`Workloads: ${group}`, [{title: "workload"},
            {title: "what it does", long: true}, {title: "what it stands for", long: true}],
        [{rows: bare.map(w => ({workload: w.name, cells: [w.name, w.title, w.stands_for]}))}])];
        for (const row of list.flatMap(box => [...box.querySelectorAll("tbody tr")])) {
            row.id = `w-${row.dataset.workload}`;
        }
        return el("div", {"data-group": group}, el("h3", {}, group), ...list,
            ...own.filter(w => !bare.includes(w)).map(w => el("section",
                {id: `w-${w.name}`, "data-workload": w.name}, el("h4", {}, w.name),
                el("p", {}, `${w.title}. ${w.stands_for}`), ...parts.get(w))));
    });
}

function groups() {
    const names = [...new Set(report.table.map(row => row.group))];
    return names.flatMap(name => {
        const own = report.table.filter(row => row.group === name).map(row => row.workload).join(" ");
        return figuresOf("group", name).map(figure => el("div", {"data-workload": own}, figure));
    });
}

const facts = () => [makeTable("Facts of this run", [{title: "fact"}, {title: "of this run", long: true}],
    [{rows: report.run.facts.map(f => ({cells: [f.name, f.value]}))}])];

function noise() {
    const cellOf = value => known(value) ? {text: percent(value), value} : null;
    return report.noise.length === 0 ? [] : [makeTable("Noise floor: what hakmem differs by from itself",
        [{title: "workload"}, ...[...report.measures.map(m => m.title), "launches"].map(title => ({title, number: true}))],
        [{rows: report.noise.map(n => ({workload: n.workload, cells: [workloadLink(n.workload),
            ...report.measures.map(m => cellOf(n.floors[m.key])), {text: n.pairs, value: n.pairs}]}))}])];
}

function allocators() {
    return [makeTable("Whose malloc it was, as proven in every sample", [{title: "name"}, {title: "version"}, {title: "package"}, {title: "path"},
        {title: "sha256"}], [{rows: report.allocators.map(a => ({allocator: a.key, cells: [
            {text: a.name, swatch: a.colour}, a.version, a.package, a.path, a.sha256]}))}])];
}

/* The page */

function head() {
    const run = report.run;
    find("run").append(`HAKMEM run ${run.id}: ${run.samples} samples, ${run.failed} of them failed` +
        (run.unreadable ? `, ${run.unreadable} lines unreadable` : "") + ". Beside this page: " +
        "samples.jsonl and manifest.json (raw), derived/ (tables, and report.json, which has all of this page), plots/.");
    for (const w of run.warnings) {
        find("warnings").append(el("p", {class: "warning"},
            `Bad for measuring${w.when === "end" ? ", at the end" : ""}: ${w.text}`));
    }
    for (const [name, value] of Object.entries(run.hakmem_options)) {
        find("warnings").append(el("p", {class: "note"}, `hakmem ran with ${name}=${value}`));
    }
    const claims = Object.entries(report.claims).filter(([, count]) => count > 0);
    find("claims").textContent = claims.length === 0 ? ""
        : `Claims: ${claims.map(([word, count]) => `${count} ${word}`).join(", ")}.`;
    find("margin").textContent = percent(report.margin, 0);
    find("summary").textContent = report.summary;
}

/* Sections without content go; the others are listed, and the workloads that have a place. */
function contents() {
    for (const section of document.querySelectorAll("main > section")) {
        const parts = [...section.querySelectorAll("[data-fill]")];
        if (parts.every(part => part.childElementCount === 0)) {
            section.remove();
            continue;
        }
        find("contents").append(el("li", {}, el("a", {href: `#${section.id}`},
            section.dataset.name)));
    }
    for (const section of document.querySelectorAll("section[data-workload]")) {
        find("contents").append(el("li", {"data-workload": section.dataset.workload},
            el("a", {href: `#${section.id}`}, section.dataset.workload)));
    }
}

head();
fill("workloads").append(...workloadParts());
fill("recommendations").append(...recommendations());
fill("overview").append(...figuresOf("run", "overview"), ...figuresOf("run", "averages"), ...averages());
fill("best").append(...best());
fill("comparison").append(...comparison());
fill("waste").append(...figuresOf("run", "waste"), ...waste());
fill("groups").append(...groups());
fill("facts").append(...facts());
fill("noise").append(...noise());
fill("allocators").append(...allocators());
contents();
startView(report.workloads.map(w => w.name), report.allocators);
