/* machines.js - fills machines.html from report.json of a merged run (results/README.md). */
"use strict";

const report = JSON.parse(find("report").textContent);
const fill = name => document.querySelector(`[data-fill="${name}"]`);
const known = value => value !== null && value !== undefined;
const HOLDS = {holds: "better", differs: "worse"};
const onAll = word => ({text: word, kind: HOLDS[word]});

/* The ratio on one machine, with its verdict below. */
function ratioOn(cell) {
    return cell && known(cell.ratio) ? {
        text: cell.ratio.toFixed(3), value: cell.ratio, lines: [cell.verdict],
        kind: ["faster", "less"].includes(cell.verdict) ? "better" :
            ["slower", "more"].includes(cell.verdict) ? "worse" : null,
        tip: known(cell.lo) ? `95 %: ${cell.lo.toFixed(3)} to ${cell.hi.toFixed(3)}, ` +
            `${cell.pairs} launches` : `${cell.pairs} launches`,
    } : null;
}

const machineColumns = {
    name: report.machines.map(m => ({title: m.letter, tip: m.label, long: false, number: true})),
    sentence: report.machines.map(m => ({title: m.letter, tip: m.label, long: true})),
};

fill("missing").append(...report.missing.map(text => el("p", {class: "failed"}, `Missing: ${text}`)));
fill("machines").append(makeTable("Machines", [{title: ""}, {title: "machine"}, {title: "is"},
    {title: "runs", number: true}, {title: "samples", number: true}, {title: "failed", number: true},
    {title: "first sentence of its report", long: true}], [{rows: report.machines.map(m => ({cells: [
        m.letter, {text: m.name, href: `machines/${m.name}/report.html`}, m.label,
        {text: String(m.runs), value: m.runs}, {text: String(m.samples), value: m.samples},
        {text: String(m.failed), value: m.failed}, m.headline]}))}]));

fill("recommendations").append(report.recommendations.length === 0 ?
    el("p", {class: "note"}, "No W_MAX grid was measured on two machines.") :
    makeTable("W_MAX mid/large", [{title: "workload"}, {title: "on all"}, ...machineColumns.sentence],
        [{rows: report.recommendations.map(r => ({cells: [
            known(r.workload) ? r.workload : "all of them", onAll(r.on_all), ...r.machines]}))}]));

fill("counts").append(...report.counts.map(text => el("p", {}, `${text}.`)));
fill("rows").append(report.rows.length === 0 ?
    el("p", {class: "note"}, "Nothing was compared on two machines.") :
    makeTable("Allocator over hakmem, by machine", [{title: "workload"}, {title: "allocator"},
        {title: "by"}, ...machineColumns.name, {title: "on all"}, {title: "depends on the machine"}],
    [{rows: report.rows.map(r => ({workload: r.workload, allocator: r.allocator, cells: [
        r.workload, r.allocator, r.measure === "speed" ? "speed" : "peak memory",
        ...r.machines.map(ratioOn), onAll(r.on_all),
        !known(r.interaction_p) ? "not known" :
            r.depends ? {text: `yes, p ${Number(r.interaction_p.toPrecision(2))}`, kind: "worse"} :
                "not shown"]}))}]));

startTips();
markBoxes();
