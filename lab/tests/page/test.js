#!/usr/bin/env node
/*
 * test.js - report.html of a made-up run in headless Chromium, used as a reader uses it. Says "OK"
 * and "FAILED" as cmocka does, for tests/run. Usage: test.js [PROGRAM], the built bin/hakmem.
 */
"use strict";
const assert = require("node:assert/strict");
const {execFileSync, spawnSync} = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const {Browser} = require("./browser.js");
const {makeRun, ALLOCATORS, WORKLOADS} = require("./run.js");

const PROGRAM = process.argv[2] ?? path.join(__dirname, "../../../bin/hakmem");
const tests = {};
let browser, folder, report;
const reportHtml = () => path.join(folder, "report.html");
const svg = name => fs.readFileSync(path.join(folder, "plots", `${name}.svg`), "utf8");
const open = (width = 1280, scheme = "light") => browser.open(reportHtml(), width, scheme);
const tip = () => browser.value(`(() => {
    const tip = document.getElementById("tip"), box = tip.getBoundingClientRect();
    return tip.hidden ? null : {text: tip.textContent,
        inside: box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight};
})()`);
/* Of the comparison: [heading of the group, then the first cell of each row that is seen] for all groups. */
const comparison = () => browser.value(`[...document.querySelectorAll("#comparison tbody")]
    .filter(body => body.checkVisibility())
    .map(body => [...body.rows].filter(row => row.checkVisibility()).map(row => row.cells[0].textContent.trim()))`);
const names = groups => groups.map(group => group.slice(1).map(label => label.replace(/ 1$/, "")));

tests.the_first_thing_on_the_page_is_one_sentence = async () => {
    await open();
    const first = await browser.value(`[...document.body.querySelectorAll("*")]
        .find(node => node.checkVisibility() && !node.children.length && !node.closest(".skip")).textContent`);
    assert.equal(first, report.headline);
    /* hakmem is 1.25 times as fast as "new", which has 1.2 times its bytes: the next by their quotient */
    assert.match(first, /^Take hakmem at its defaults.*over 3 workloads.* new, faster \(\+25\.\d % \[.*smaller at its peak \(-16\.\d % \[/);
};

tests.all_that_is_shown_stands_in_report_json = async () => {
    await open();
    assert.deepEqual(JSON.parse(await browser.value(`document.getElementById("report").textContent`)), report);
    const text = await browser.value("document.body.innerText");
    for (const wanted of ["small <objects>", "it is <made up>", "None & such", "Work 1 of <few>", "signal 11",
        "run_sweep --reps 8", "How it was measured", "hakmem again (A/A)"]) {
        assert.ok(text.includes(wanted), `"${wanted}" is not on the page`);
    }
    for (const w of WORKLOADS) {
        assert.ok(await browser.value(`Boolean(document.querySelector("#w-${w.name} figure svg"))`));
    }
    assert.equal(await browser.value(`document.querySelectorAll("figure").length`),
        report.figures.filter(figure => !figure.missing).length);
};

tests.the_page_needs_nothing_but_itself = async () => {
    await open();
    const loaded = await browser.value(`performance.getEntriesByType("resource").map(entry => entry.name)`);
    assert.deepEqual(loaded.filter(name => !name.startsWith("data:")), []);
    assert.ok(!/(src|href)="?(https?:)?\/\//.test(fs.readFileSync(reportHtml(), "utf8")));
};

tests.names_are_not_given_twice_and_references_lead_somewhere = async () => {
    await open();
    assert.deepEqual(await browser.value(`(() => {
        const ids = [...document.querySelectorAll("[id]")].map(node => node.id);
        return ids.filter((id, i) => ids.indexOf(id) !== i).slice(0, 5);
    })()`), []);
    assert.deepEqual(await browser.value(`[...document.querySelectorAll("a[href^='#'], use")]
        .map(node => node.getAttribute("href") || node.getAttribute("xlink:href"))
        .filter(href => !document.getElementById(href.slice(1))).slice(0, 5)`), []);
};

tests.headings_are_in_order = async () => {
    await open();
    const levels = await browser.value(`[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
        .filter(node => node.checkVisibility()).map(node => +node.tagName[1])`);
    assert.equal(levels.filter(level => level === 1).length, 1);
    levels.forEach((level, i) => assert.ok(i === 0 ? level === 1 : level <= levels[i - 1] + 1, levels.join()));
};

tests.pointing_at_a_cell_shows_its_value = async () => {
    await open();
    assert.equal(await tip(), null);
    await browser.hover(`#comparison tr[data-workload="mid33"][data-allocator="glibc"] td.worse`);
    const shown = await tip();
    assert.match(shown.text, /^glibc 1 on mid33, .*over hakmem: slower\n0\.2\d+ \[.*from 8 pairs/s);
    assert.ok(shown.inside);
    await browser.key("Escape");
    assert.equal(await tip(), null);
};

tests.pointing_at_a_mark_of_a_figure_shows_its_value = async () => {
    for (const [width, mark, wanted] of [
        [1280, `figure svg [data-tip*="W_MAX 1.01/1.10"]`, /^W_MAX 1\.01\/1\.10\n0\.80\d \[.*slower$/s],
        [390, `#overview svg [data-tip^="wide33, speed"]`, /^wide33, speed: faster\nhakmem over new: 1\.25\d \[/],
    ]) {
        await open(width);
        await browser.hover(mark);
        const shown = await tip();
        assert.ok(shown, `nothing is shown for ${mark}`);
        assert.match(shown.text, wanted);
        assert.ok(shown.inside);
    }
};

tests.the_filter_hides_rows_and_sections = async () => {
    await open();
    const everyone = ["hakmem", "hakmem again (A/A)", "glibc", "jemalloc", "new"];
    assert.deepEqual(names(await comparison()), [everyone, everyone, everyone]);
    await browser.value(`document.querySelector("#filter").open = true`);
    await browser.value(`document.getElementById("filter-workload").focus()`);
    await browser.send("Input.insertText", {text: "33"});
    assert.deepEqual((await comparison()).map(group => group[0].split(":")[0]), ["mid33", "wide33"]);
    await browser.value(`document.querySelector("#filter-allocators [value=glibc]").focus()`);
    await browser.key(" ", "Space", " ");
    assert.deepEqual(names(await comparison()), Array(2).fill(everyone.filter(name => name !== "glibc")));
    const seen = selector => browser.value(`document.querySelector(${JSON.stringify(selector)}).checkVisibility()`);
    assert.ok(await seen("#w-mid33") && !await seen("#w-small") && !await seen(`nav [data-workload="small"]`));
    assert.ok(!await seen(`#best tr[data-workload="small"]`) && !await seen(`#waste tr[data-allocator="glibc"]`));
    const figures = await browser.value(`[...document.querySelectorAll("#groups figure")].map(f => f.checkVisibility())`);
    assert.deepEqual(figures, [true, false]);
    const rows = await browser.value(`[...document.querySelectorAll("tr[data-workload], tr[data-allocator]")]
        .filter(row => row.checkVisibility()).length`);
    assert.ok((await browser.value(`document.getElementById("shown").value`)).startsWith(`${rows} of `));
    await browser.value(`document.querySelector("#filter button[type=reset]").focus()`);
    await browser.key("Enter", "Enter", "\r");
    await browser.value("new Promise(done => setTimeout(done, 20))"); /* a form tells before it resets */
    assert.deepEqual(names(await comparison()), [everyone, everyone, everyone]);
    assert.ok(await seen("#w-small"));
};

tests.sorting_by_keyboard_keeps_the_groups = async () => {
    await open();
    const headings = (await comparison()).map(group => group[0]);
    assert.deepEqual(headings.map(heading => heading.split(":")[0]), WORKLOADS.map(w => w.name));
    const column = "[...document.querySelectorAll('#comparison thead th')].find(th => th.textContent === " +
        `${JSON.stringify(report.measures.find(m => m.key === "throughput").title)})`;
    assert.equal(await browser.value(`${column}.getAttribute("aria-sort")`), "none");
    await browser.value(`${column}.querySelector("button").focus()`);
    const slowFirst = ["glibc", "jemalloc", "new"];
    const own = groups => names(groups).map(group => group.filter(name => !name.startsWith("hakmem")));
    for (const [direction, wanted] of [["ascending", slowFirst], ["descending", [...slowFirst].reverse()]]) {
        await browser.key("Enter", "Enter", "\r");
        assert.equal(await browser.value(`${column}.getAttribute("aria-sort")`), direction);
        const groups = await comparison();
        assert.deepEqual(groups.map(group => group[0]), headings);
        assert.deepEqual(own(groups), [wanted, wanted, wanted]);
    }
    await browser.value(`document.querySelector("#comparison thead button").focus()`);
    await browser.key(" ", "Space", " ");
    assert.deepEqual(own(await comparison()), Array(3).fill(["glibc", "jemalloc", "new"]));
    assert.deepEqual(await browser.value(`[...document.querySelectorAll("#comparison thead th")]
        .map(th => th.getAttribute("aria-sort")).filter(sort => sort !== "none")`), ["ascending"]);
};

tests.what_is_not_known_is_sorted_last = async () => {
    await open();
    const last = () => browser.value(`document.querySelector("#waste tbody").lastElementChild.cells[0].textContent`);
    await browser.value(`document.querySelectorAll("#waste thead button")[2].focus()`);
    for (let i = 0; i < 2; i++) { /* the one that failed has no number there */
        await browser.key("Enter", "Enter", "\r");
        assert.match(await last(), /^new/);
    }
};

const paint = () => browser.value(`(() => {
    const style = getComputedStyle(document.body);
    return {paper: style.backgroundColor, ink: style.color, figures: getComputedStyle(document.querySelector("figure svg")).filter};
})()`);

tests.dark_follows_the_system_and_the_switch = async () => {
    await open(1280, "light");
    const light = await paint();
    await browser.scheme("dark");
    const dark = await paint();
    assert.equal(light.figures, "none");
    for (const key of ["paper", "ink", "figures"]) {
        assert.notEqual(dark[key], light[key], key);
    }
    const choose = value => browser.value(`(() => {
        const select = document.getElementById("theme");
        select.value = ${JSON.stringify(value)};
        select.dispatchEvent(new Event("change"));
    })()`);
    await choose("light");
    assert.deepEqual(await paint(), light);
    await open(1280, "dark"); /* it is remembered */
    assert.deepEqual(await paint(), light);
    await browser.scheme("light");
    await choose("dark");
    assert.deepEqual(await paint(), dark);
    await choose("auto");
    assert.deepEqual(await paint(), light);
};

tests.every_colour_of_text_can_be_read = async () => {
    for (const scheme of ["light", "dark"]) {
        await open(1280, scheme);
        const ratios = await browser.value(`(() => {
            const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
            const luminance = colour => {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const below = node => {
                for (; node; node = node.parentElement) {
                    const colour = getComputedStyle(node).backgroundColor;
                    if (colour !== "rgba(0, 0, 0, 0)") { return colour; }
                }
                return "white";
            };
            return [...document.querySelectorAll("body *:not(svg *, script, template, style)")]
                .filter(node => node.checkVisibility() && [...node.childNodes].some(c => c.nodeType === 3 && c.data.trim()))
                .map(node => {
                    const pair = [luminance(getComputedStyle(node).color), luminance(below(node))];
                    return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), node.className + ": " + node.textContent.slice(0, 40)];
                }).filter(one => one[0] < 4.5).slice(0, 3);
        })()`);
        assert.deepEqual(ratios, [], scheme);
    }
};

tests.the_focus_can_be_seen = async () => {
    await open();
    await browser.value(`document.querySelector("nav a").focus()`);
    for (let i = 0; i < 12; i++) {
        await browser.key("Tab");
        const focus = await browser.value(`(() => {
            const style = getComputedStyle(document.activeElement);
            return [document.activeElement.tagName, style.outlineStyle, parseFloat(style.outlineWidth)];
        })()`);
        assert.notEqual(focus[0], "BODY");
        assert.ok(focus[1] !== "none" && focus[2] >= 2, focus.join());
    }
};

tests.a_phone_does_not_scroll_sideways = async () => {
    await open(390);
    assert.equal(await browser.value("document.documentElement.scrollWidth"), 390);
    assert.equal(await browser.value("innerWidth"), 390);
    /* what sticks out does so in a box of its own, which the keyboard reaches */
    const out = await browser.value(`[...document.querySelectorAll("body *:not(.skip)")].filter(node =>
        node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1 &&
        !node.closest(".scroll, pre, nav ul")).map(node => node.outerHTML.slice(0, 80)).slice(0, 3)`);
    assert.deepEqual(out, []);
    const boxes = await browser.value(`[...document.querySelectorAll(".scroll")].filter(node => node.checkVisibility())
        .map(box => [box.scrollWidth > box.clientWidth + 1, box.tabIndex === 0])`);
    assert.ok(boxes.some(([wide]) => wide));
    boxes.forEach(([wide, reached]) => assert.equal(reached, wide));
};

tests.print_leaves_out_what_paper_cannot_do = async () => {
    await open(1280, "dark");
    await browser.send("Emulation.setEmulatedMedia", {media: "print", features: [{name: "prefers-color-scheme", value: "dark"}]});
    assert.deepEqual(await browser.value(`[getComputedStyle(document.getElementById("bar")).display,
        getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector("figure svg")).filter,
        getComputedStyle(document.querySelector(".scroll")).overflowX]`), ["none", "rgb(255, 255, 255)", "none", "visible"]);
    await browser.send("Emulation.setEmulatedMedia", {media: ""});
};

/* 1.01 is a fifth slower, 2.00 is like the default: of six cells two are coloured. */
tests.cells_of_the_grid_that_are_not_decided_are_grey = async () => {
    const drawn = svg("grid-throughput-mid33");
    /* one without a size is of a cell that is decided */
    const grey = [...drawn.matchAll(/fill = 'rgb\(222, 222, 222\)' points = '([\d.]+),\S+ ([\d.]+),/g)];
    assert.equal(grey.filter(([, left, right]) => right - left > 1).length, 4);
    const told = [...drawn.matchAll(/<title>W_MAX ([^\\]*)\\n[^<]*, ([a-z ]*)<\/title>/g)].map(m => [m[1], m[2]]);
    assert.equal(told.length, 6);
    for (const [pair, verdict] of told) {
        assert.equal(verdict === "slower", pair.startsWith("1.01"), `${pair} ${verdict}`);
    }
    assert.ok(/>[+-]0\.\d %/.test(drawn), "a grey cell tells its value");
};

/* hakmem, glibc and jemalloc have their own; "new" has the first that is free. */
tests.page_and_figures_have_the_same_colours = async () => {
    assert.deepEqual(report.allocators.map(a => a.colour), ["#0072b2", "#e69f00", "#d55e00", "#56b4e9"]);
    for (const {key, colour} of Object.values(report.allocators)) {
        const rgb = [1, 3, 5].map(i => String(parseInt(colour.slice(i, i + 2), 16)).padStart(3, " "));
        for (const figure of ["compare-throughput-mid33", "tails-mid33", "averages"]) {
            assert.ok(svg(figure).includes(`rgb(${rgb.join(", ")})`), `${key} in ${figure}`);
        }
    }
    await open();
    assert.equal(await browser.value(`getComputedStyle(document.querySelector(
        "#comparison tr[data-allocator=glibc] .swatch")).backgroundColor`), "rgb(230, 159, 0)");
};

/* Last: of all that was done above. */
tests.there_was_no_problem_in_the_console = async () => {
    await open();
    assert.deepEqual(browser.problems, []);
    await browser.value(`setTimeout(() => console.error("seen"))`);
    await browser.value("new Promise(done => setTimeout(done, 50))");
    assert.deepEqual(browser.problems, ["seen"]);
};

/* The run, and one of another machine on which "new" is the faster of the two. */
function merge(into) {
    const other = path.join(into, "other"), quick = path.join(into, "bin");
    fs.mkdirSync(other);
    fs.mkdirSync(quick);
    fs.writeFileSync(path.join(quick, "gnuplot"), "#!/bin/sh\nexit 1\n", {mode: 0o755}); /* no figures */
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, "manifest.json"), "utf8"));
    manifest.machine.cpu = "Another <CPU>";
    fs.writeFileSync(path.join(other, "manifest.json"), JSON.stringify(manifest));
    const lines = fs.readFileSync(path.join(folder, "samples.jsonl"), "utf8").trim().split("\n").map(JSON.parse);
    for (const sample of lines.filter(one => one.allocator === "new" && one.result)) {
        sample.result.wall_ns /= 4;
        sample.result.cpu_user_ns /= 4;
        sample.result.cpu_sys_ns /= 4;
    }
    fs.writeFileSync(path.join(other, "samples.jsonl"), lines.map(one => JSON.stringify(one) + "\n").join(""));
    const out = path.join(into, "merged");
    const made = spawnSync(PROGRAM, ["merge", folder, other, "--quiet", "--out", out],
        {encoding: "utf8", env: {...process.env, PATH: `${quick}:${process.env.PATH}`}});
    assert.match(made.stdout, /What holds on all machines/, made.stderr);
    return out;
}

tests.the_page_of_several_machines_says_what_holds = async () => {
    const into = fs.mkdtempSync(path.join(os.tmpdir(), "hakmem-page-test-"));
    try {
        const out = merge(into), before = browser.problems.length;
        await browser.open(path.join(out, "report.html"), 1280, "light");
        assert.deepEqual(browser.problems.slice(before), []);
        const text = await browser.value("document.body.innerText");
        for (const wanted of ["2 machines. Most speed per byte of peak memory: ", "Another <CPU>", "differs", "holds"]) {
            assert.ok(text.includes(wanted), `"${wanted}" is not on the page: ${text}`);
        }
        const links = await browser.value(`[...document.querySelectorAll("#machines td a, #machines th a")]
            .map(link => link.getAttribute("href"))`);
        assert.equal(links.length, 2);
        for (const link of links) {
            assert.ok(fs.existsSync(path.join(out, link)), link);
        }
        const rows = await browser.value(`document.querySelectorAll("#across tbody tr").length`);
        assert.equal(rows, JSON.parse(fs.readFileSync(path.join(out, "derived/report.json"), "utf8")).rows.length);
        assert.ok(rows > 0);
    } finally {
        fs.rmSync(into, {recursive: true});
    }
};

async function main() {
    const browsers = ["chromium", "chromium-browser", "google-chrome"];
    const program = browsers.find(name => spawnSync("which", [name]).status === 0);
    if (!program) {
        console.log("Chromium is missing, so the page is not tested: apt-get install chromium");
        console.log("[  FAILED  ] chromium_is_missing");
        return 1;
    }
    let failed = 0;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hakmem-page-test-"));
    try {
        makeRun(folder);
        /* 1: a sample of the made-up run failed */
        const made = spawnSync(PROGRAM, ["report", folder], {encoding: "utf8"});
        assert.ok(made.status === 1 && made.stderr === "", `report: ${made.status} ${made.stderr}`);
        report = JSON.parse(fs.readFileSync(path.join(folder, "derived", "report.json"), "utf8"));
        browser = new Browser(program);
        await browser.start();
        for (const [name, test] of Object.entries(tests)) {
            try {
                await test();
                console.log(`[       OK ] ${name}`);
            } catch (error) {
                failed++;
                console.log(`${error.stack}\n[  FAILED  ] ${name}`);
            }
        }
    } finally {
        if (browser) {
            await browser.stop();
        }
        process.env.HAKMEM_PAGE_KEEP ? console.log(folder) : fs.rmSync(folder, {recursive: true});
    }
    return failed === 0 ? 0 : 1;
}

main().then(status => process.exit(status), error => {
    console.log(`${error.stack}\n[  FAILED  ] the_page_can_be_tested`);
    process.exit(1);
});
