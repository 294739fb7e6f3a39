/*
 * run.js - writes the raw files of a made-up run, as a sweep leaves them: three workloads in two
 * groups, hakmem, its twin and three others, a grid, closer looks, waste by size, and a sample that
 * failed. What the page shall show is known from the numbers here. As a program: run.js FOLDER.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const ALLOCATORS = [
    {key: "hakmem", speed: 1, bytes: 1},
    {key: "glibc", speed: 0.25, bytes: 1.5},
    {key: "jemalloc", speed: 0.5, bytes: 3},
    {key: "new", speed: 0.8, bytes: 1.2},
];
const WORKLOADS = [
    {name: "mid33", group: "33 KB churn"},
    {name: "wide33", group: "33 KB churn"},
    {name: "small", group: "small <objects>"},
];
const REPETITIONS = 8;
const MID = ["1.01", "1.60", "2.00"], LARGE = ["1.10", "1.30"];

/* From 0.998 to 1.002, different from sample to sample and the same in every run of the test. */
function shake(...what) {
    let hash = 2166136261;
    for (const c of what.join("/")) {
        hash = Math.imul(hash ^ c.charCodeAt(0), 16777619) >>> 0;
    }
    return 1 + ((hash >>> 8) % 1000 / 1000 - 0.5) * 0.004;
}

function result(phase, workload, allocator, speed, bytes) {
    const latency = scale => ({count: 1000, p50_ns: 20 * scale, p90_ns: 30 * scale, p99_ns: 90 * scale,
        p999_ns: 400 * scale, p9999_ns: 3000 * scale, max_ns: 1e5 * scale});
    const point = (ms, used) => ({clock_ns: ms * 1e6, in_use_bytes: used, free_bytes: used / 4, metadata_bytes: null});
    return {
        workload, threads: 1, ops: 5e6, wall_ns: 2.5e8 / speed, cpu_user_ns: 2e8, cpu_sys_ns: 1e7,
        minor_faults: 2000, major_faults: 0, rss_anon_base_bytes: 0, rss_anon_peak_bytes: Math.round(12e6 * bytes),
        rss_anon_steady_bytes: Math.round(11e6 * bytes), rss_anon_drain_bytes: 500000, requested_peak_bytes: 1e7,
        requested_steady_bytes: 9e6, null_returns: 0, checksum: `of-${workload}`,
        malloc_object: `/lib/${allocator}.so`,
        hakmem: allocator === "hakmem" ? {bypass: null, threshold: 5, exhaustion: 0, mapfail: 0} : null,
        latency: phase === "latency" ? {clock_ns: 20, malloc: latency(1 / speed), free: latency(0.5 / speed), by_size: []} : null,
        memory: phase === "memory" ? {drain: [1, 2, 3].map(() => ({rss_anon_bytes: 400000})), points: {
            base: point(1, 0), steady: point(3, 1e7), drained: point(4, 0), rested: point(9, 0)}} : null,
    };
}

function record(phase, workload, allocator, rep, more = {}) {
    const own = allocator.key.replace("-again", "");
    const traits = ALLOCATORS.find(a => a.key === own);
    const pair = more.mid ? `/${more.mid}/${more.large}` : "";
    const cell = `${phase}/${workload}/${allocator.key}${pair}`;
    const status = more.status || "ok";
    const speed = traits.speed * (more.speed || 1) * shake(cell, rep, "speed");
    const bytes = traits.bytes * (more.bytes || 1) * shake(cell, rep, "bytes");
    return {
        schema: 1, cell, phase, rep, order: rep, workload, allocator: allocator.key, wmax_mid: more.mid || null,
        wmax_large: more.large || null, threads: 0, status, library: `/lib/${own}.so`, library_version: "1",
        library_sha256: "aa", settings: {}, ended_unix_ns: 1, elapsed_ns: 1000000, output_tail: "",
        result: status === "ok" ? result(phase, workload, own, speed, bytes) : null,
        ...(phase === "calls" ? {calls: {timed: {mmap: 10, munmap: 20, mremap: 0, madvise: 30, brk: 0}}} : {}),
        ...(phase === "memory" ? {resident: {every_ms: 5, points: [[0, 500], [1e6, 2000], [3e6, 3e6], [1e7, 1e6]]}} : {}),
    };
}

function samples() {
    const out = [];
    for (const {name} of WORKLOADS) {
        for (const phase of ["latency", "memory", "calls"]) {
            out.push(...ALLOCATORS.map(a => record(phase, name, a, 0)));
        }
        for (let rep = 0; rep < REPETITIONS; rep++) {
            const failing = name === "small" && rep === 0;
            out.push(record("compare", name, {key: "hakmem-again"}, rep), ...ALLOCATORS.map(a => record(
                "compare", name, a, rep, failing && a.key === "jemalloc" ? {status: "signal 11"} : {})));
            for (const mid of name === "small" ? [] : MID) {
                /* 1.01 is a fifth slower and a tenth leaner, 2.00 is the same as 1.60 */
                const of = mid === "1.01" ? {speed: 0.8, bytes: 0.9} : {};
                out.push(...LARGE.map(large => record("grid", name, ALLOCATORS[0], rep, {mid, large, ...of})));
                if (mid === "1.60") {
                    out.push(record("grid", name, {key: "hakmem-again"}, rep, {mid, large: "1.30"}));
                }
            }
        }
    }
    return out;
}

function manifest() {
    return {
        schema: 1, run_id: "made-up", started_unix_ns: 1, ended_unix_ns: 2,
        command_line: ["run_sweep", "--reps", "8"], options: {command: "sweep"}, seed: 1,
        repetitions: {grid: REPETITIONS, compare: REPETITIONS, confirm: 0},
        machine: {cpu: "None & such", cores: 2, memory_bytes: 1e9, load_average: [0.1, 0.1, 0.1], kernel: "Linux 6",
            distribution: "None", governor: "unknown", thp_enabled: "madvise", aslr: "2"},
        machine_at_end: {load_average: [0.2, 0.1, 0.1]}, warnings: ["it is <made up>"], warnings_at_end: [],
        hakmem_options: {}, files: {},
        workloads: WORKLOADS.map((w, i) => ({...w, title: `Work ${i} of <few>`, stands_for: "A program that is not there.",
            touch: "page", source: "generated", heavy33: w.name !== "small", claim: {speed_of_best: 1.1, memory_of_leanest: 1}})),
        allocators: ALLOCATORS.map(a => ({key: a.key, name: a.key, package: "-", version: "1", path: `/lib/${a.key}.so`, sha256: "aa"})),
    };
}

/* Makes `folder` a run. */
function makeRun(folder) {
    const lines = list => list.map(one => JSON.stringify(one) + "\n").join("");
    fs.writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest()));
    fs.writeFileSync(path.join(folder, "samples.jsonl"), lines(samples()));
    fs.writeFileSync(path.join(folder, "waste.jsonl"), lines(ALLOCATORS.map(a => ({
        schema: 1, allocator: a.key, status: a.key === "new" ? "signal 11" : "ok", library: `/lib/${a.key}.so`,
        result: a.key === "new" ? null : {
            most_bytes: 4194304, touched: [[64, 100, 8000], [33000, 100, 3686400]],
            usable: [...Array(19).keys()].map(k => [k === 0 ? 1 : 2 ** (k + 3) + 1, 2 ** (k + 4)])},
    }))));
}

if (require.main === module) {
    makeRun(process.argv[2]);
}
module.exports = {makeRun, ALLOCATORS, WORKLOADS};
