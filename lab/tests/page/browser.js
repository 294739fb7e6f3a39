/*
 * browser.js - headless Chromium for the tests of the page, over its debugging pipe: no library, no
 * port, no network. Every problem that the page has (an exception, an error in the console, a file
 * that cannot be loaded) is collected in `problems`.
 */
"use strict";
const {spawn} = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-pipe", "about:blank"];
const ANSWER_MS = 60000;

class Browser {
    constructor(program) {
        this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "hakmem-page-profile-"));
        this.process = spawn(program, [...FLAGS, `--user-data-dir=${this.profile}`],
            {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
        this.waiting = new Map();
        this.listeners = [];
        this.problems = [];
        this.last = 0;
        let rest = "";
        this.process.stdio[4].setEncoding("utf8").on("data", chunk => {
            const messages = (rest + chunk).split("\0");
            rest = messages.pop();
            messages.forEach(message => this.receive(JSON.parse(message)));
        });
        this.process.on("exit", () => this.fail("Chromium ended"));
        this.process.on("error", error => this.fail(error.message));
        this.process.stdio[3].on("error", () => this.fail("Chromium's pipe is closed"));
    }

    fail(reason) {
        for (const {reject} of this.waiting.values()) {
            reject(new Error(reason));
        }
        this.waiting.clear();
    }

    receive(message) {
        const waiting = this.waiting.get(message.id);
        if (waiting) {
            this.waiting.delete(message.id);
            message.error ? waiting.reject(new Error(message.error.message)) : waiting.resolve(message.result);
        } else if (message.method) {
            this.note(message.method, message.params);
            this.listeners.filter(one => one.method === message.method).forEach(one => one.resolve(message.params));
            this.listeners = this.listeners.filter(one => one.method !== message.method);
        }
    }

    note(method, params) {
        if (method === "Runtime.exceptionThrown") {
            const details = params.exceptionDetails;
            this.problems.push(details.exception ? details.exception.description : details.text);
        } else if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) {
            this.problems.push(params.args.map(a => a.value || a.description).join(" "));
        } else if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) {
            this.problems.push(`${params.entry.text} ${params.entry.url || ""}`);
        }
    }

    send(method, params = {}) {
        const id = ++this.last;
        const late = setTimeout(() => this.fail(`no answer to ${method}`), ANSWER_MS);
        return new Promise((resolve, reject) => {
            this.waiting.set(id, {resolve, reject});
            this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId: this.session}) + "\0");
        }).finally(() => clearTimeout(late));
    }

    event(method) {
        return new Promise(resolve => this.listeners.push({method, resolve}));
    }

    async start() {
        const {targetInfos} = await this.send("Target.getTargets");
        const {targetId} = targetInfos.find(target => target.type === "page");
        this.session = (await this.send("Target.attachToTarget", {targetId, flatten: true})).sessionId;
        await Promise.all(["Page.enable", "Runtime.enable", "Log.enable"].map(name => this.send(name)));
    }

    /* A file at a width, as a screen of that width in light or dark has it. */
    async open(file, width, scheme = "light") {
        await this.send("Emulation.setDeviceMetricsOverride",
            {width, height: 900, deviceScaleFactor: 1, mobile: width < 600});
        await this.scheme(scheme);
        const loaded = this.event("Page.loadEventFired");
        await this.send("Page.navigate", {url: `file://${file}`});
        await loaded;
    }

    scheme(value) {
        return this.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value}]});
    }

    /* The value of an expression in the page. */
    async value(expression) {
        const {result, exceptionDetails} = await this.send("Runtime.evaluate",
            {expression, returnByValue: true, awaitPromise: true});
        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception.description);
        }
        return result.value;
    }

    /* Scrolls the middle of an element to where the pointer can be, and puts it there. */
    async hover(selector) {
        const at = await this.value(`(() => {
            const node = document.querySelector(${JSON.stringify(selector)});
            node.scrollIntoView({block: "center", inline: "center"});
            const box = node.getBoundingClientRect();
            return {x: box.x + box.width / 2, y: box.y + box.height / 2};
        })()`);
        for (const x of [at.x - 1, at.x]) {
            await this.send("Input.dispatchMouseEvent", {type: "mouseMoved", x, y: at.y});
        }
    }

    async key(key, code = key, text = undefined) {
        const codes = {Enter: 13, Tab: 9, " ": 32, Escape: 27};
        const event = {key, code, text, windowsVirtualKeyCode: codes[key]};
        await this.send("Input.dispatchKeyEvent", {type: text ? "keyDown" : "rawKeyDown", ...event});
        await this.send("Input.dispatchKeyEvent", {type: "keyUp", ...event});
    }

    async picture(file, clip) {
        const {data} = await this.send("Page.captureScreenshot",
            {format: "png", captureBeyondViewport: Boolean(clip), clip});
        fs.writeFileSync(file, Buffer.from(data, "base64"));
    }

    async stop() {
        this.process.removeAllListeners("exit");
        const ended = new Promise(resolve => this.process.on("exit", resolve));
        const late = setTimeout(() => this.process.kill("SIGKILL"), ANSWER_MS);
        this.send("Browser.close").catch(() => {}); /* it may be gone before it answers */
        await ended;
        clearTimeout(late);
        for (let tries = 20; tries > 0 && fs.existsSync(this.profile); tries--) {
            try {
                fs.rmSync(this.profile, {recursive: true, force: true});
            } catch (error) { /* its helpers still write to it */
                await new Promise(resolve => setTimeout(resolve, 250));
            }
        }
    }
}

module.exports = {Browser};
