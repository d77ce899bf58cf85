/* browser.js FOLDER IMAGES ANSWERS [PICTURES] [--frames SECONDS]: the pages in headless Chromium, as people use them.
 *
 * As engine.js says; PICTURES is a folder for screenshots. With --frames it measures frames a second of a dream for so long,
 * prints them, and does nothing else. */
"use strict";
const assert = require("assert"), path = require("path");
const {chromium} = require("playwright-core");
const {readImages, readAnswers} = require("./load.js");
const frames = process.argv.indexOf("--frames");
const seconds = frames < 0 ? 0 : Number(process.argv[frames + 1]);
const [folder, imageFile, answerFile, pictures] = process.argv.slice(2, frames < 0 ? undefined : frames);

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];

const shoot = (page, name) => pictures && page.screenshot({path: path.join(pictures, name), fullPage: true});

/* A page without a complaint, or with the one that is expected. */
async function open(browser, name, settings = {}, trouble = null) {
    const context = await browser.newContext({viewport: {width: 1200, height: 900}, ...settings}), page = await context.newPage();
    page.on("pageerror", error => assert(trouble && trouble.test(error.message), error.message));
    page.on("request", request => assert(/^(file|data|blob):/.test(request.url()), `the page asks for ${request.url()}`));
    if (settings.script)
        await page.addInitScript(settings.script);
    await page.goto("file://" + path.resolve(folder, name));
    await page.waitForSelector(trouble ? "#trouble:not([hidden])" : "body[data-ready]", {timeout: 60000});
    if (trouble)
        assert.match(await page.textContent("#trouble"), trouble);
    return page;
}

async function stroke(page, points) {
    const box = await page.locator("#picture").boundingBox(), at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(points[0]));
    await page.mouse.down();
    for (const point of points.slice(1))
        await page.mouse.move(...at(point), {steps: 4});
    await page.mouse.up();
}

const SEVEN = [[.3, .25], [.42, .25], [.56, .24], [.7, .25], [.62, .4], [.55, .55], [.48, .7], [.44, .82]];
const ONE = [[.55, .2], [.52, .4], [.49, .6], [.46, .8]];

async function drawWithTheMouse(page) {
    for (const [points, digit] of [[SEVEN, "7"], [ONE, "1"]]) {
        await page.click("#clear");
        await stroke(page, points);
        await page.waitForFunction(() => document.getElementById("answer").textContent.includes("reads"), null, {timeout: 10000});
        assert.match(await page.textContent("#answer"), new RegExp(`It reads ${digit}`));
    }
    await shoot(page, "look.png");
}

async function drawByKeyboard(page) {
    await page.click("#clear");
    await page.focus("#picture");
    for (let i = 0; i < 8; i++)
        await page.keyboard.press("ArrowUp");
    for (let i = 0; i < 16; i++)
        await page.keyboard.press("Shift+ArrowDown");
    assert.match(await page.textContent("#answer"), /It reads 1/);
}

/* Test digits laid on the page one by one read as the program reads them. */
async function readTestDigits(page, images, wanted) {
    await page.uncheck("#centre");
    const found = await page.evaluate(images => images.map(image => {
        harmonium.setPicture(image);
        return harmonium.answer;
    }), images.map(image => Array.from(image)));
    const other = found.filter((label, i) => label !== wanted[i][0]).length;
    assert(other <= 0.003 * found.length, `${other} of ${found.length} labels are not the program's`);
    await page.check("#centre");
    return `${found.length - other} of ${found.length} digits read as the program reads them`;
}

const nSteps = page => page.evaluate(() => harmonium.nSteps);

async function dream(page) {
    await page.click("#labels button:nth-child(5)");
    await page.waitForFunction(() => harmonium.nSteps > 5, null, {timeout: 20000});
    assert.match(await page.textContent("#answer"), /Dreaming of 4/);
    assert.strictEqual(await page.getAttribute("#labels button:nth-child(5)", "aria-pressed"), "true");
    await shoot(page, "dream.png");
    await page.click("#play");
    const before = await nSteps(page);
    await page.click("#step");
    assert.strictEqual(await nSteps(page), before + 1);
    await page.fill("#temperature", "2");
    assert.strictEqual(await page.evaluate(() => document.querySelector("#temperature + output").textContent), "2.00");
    await page.click("#labels button:nth-child(5)");
    assert.strictEqual(await page.getAttribute("#labels button:nth-child(5)", "aria-pressed"), "false");
}

/* A unit pressed is held on, then off, then free; pointing at it shows its feature. */
async function holdAUnit(page) {
    const canvas = page.locator(".layer canvas").first(), position = {x: 30, y: 30};
    const value = () => page.evaluate(() => {
        const view = harmonium.pointed;
        return [harmonium.engine.floats(harmonium.engine.layer(view.layer), view.arrangement.n)[view.cursor], view.held.size];
    });
    for (const wanted of [[1, 1], [0, 1]]) {
        await canvas.click({position});
        assert.deepStrictEqual(await value(), wanted);
        assert.match(await page.textContent("#unit-text"), wanted[0] ? /held on/ : /held off/);
    }
    await canvas.click({position});
    assert.strictEqual((await value())[1], 0);
    await canvas.press("ArrowRight");
    await canvas.press("Enter");
    assert.deepStrictEqual(await value(), [1, 1]);
    await page.click("#release");
    assert.strictEqual((await value())[1], 0);
    await page.evaluate(() => harmonium.hold(harmonium.layers[0], 1e6, 1));
    assert.match(await page.textContent("#unit-text"), /no such hidden unit/);
    assert(await page.isHidden("#trouble"));
}

/* The half that is kept stays as it was drawn; the other is filled in. */
async function fillIn(page) {
    await page.click("#clear");
    await stroke(page, SEVEN);
    await page.selectOption("#keep", "top");
    await page.click("#play");
    await page.waitForFunction(() => harmonium.nSteps > 20, null, {timeout: 20000});
    await page.click("#play");
    const worst = await page.evaluate(() => {
        const shown = harmonium.engine.floats(harmonium.engine.layer(0), harmonium.nFeatures);
        return Math.max(...harmonium.ink.slice(0, 14 * 28).map((ink, i) => Math.abs(ink - shown[i])));
    });
    assert(worst < 1e-6, `kept pixels moved by ${worst}`);
    await shoot(page, "filled-in.png");
    await page.selectOption("#keep", "nothing");
}

async function explainAway(browser) {
    const page = await open(browser, "belief.html");
    await page.getByRole("button", {name: /^jumps/}).click();
    assert.match(await page.textContent("#story"), /→ 0\.500/);
    await page.getByRole("button", {name: /^earthquake/}).press("Enter");
    assert.match(await page.textContent("#story"), /truck is explained away: 0\.500 → 0\.0000908/);
    await shoot(page, "belief.png");
    await page.selectOption("#which", "asia.bif");
    await page.getByRole("button", {name: /^dysp/}).click();
    await page.click("#sample");
    assert.match(await page.textContent("#story"), /Sampled/);
    await shoot(page, "asia.png");
    await page.fill("#text", "node a bias 1 b 2");
    await page.click("#use");
    assert.match(await page.textContent("#trouble"), /asia\.bif/);
    await page.context().close();
}

/* What a page says that cannot work. */
async function tellsTrouble(browser) {
    const withoutSimd = "WebAssembly.validate = () => false";
    await (await open(browser, "index.html", {script: withoutSimd}, /no SIMD/)).context().close();
    const other = "window.atob = (atob => text => atob(text).replace('\"kind\":\"dbn\"', '\"kind\":\"net\"'))(atob)";
    await (await open(browser, "index.html", {script: other}, /holds a model of kind net/)).context().close();
    const cut = "window.atob = (atob => text => atob(text).slice(0, -100))(atob)";
    await (await open(browser, "index.html", {script: cut}, /is not whole|has no tensor/)).context().close();
}

async function onAPhone(browser) {
    const phone = {viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true, colorScheme: "dark"};
    const page = await open(browser, "index.html", phone);
    const box = await page.locator("#picture").boundingBox();
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForFunction(() => document.getElementById("answer").textContent.includes("reads"), null, {timeout: 10000});
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than a phone");
    await shoot(page, "phone.png");
    await page.context().close();
}

async function measure(page) {
    await page.fill("#speed", "6");
    await page.click("#labels button:nth-child(5)");
    await page.waitForTimeout(1000);
    const now = () => page.evaluate(() => [harmonium.nFrames, performance.now()]);
    const [n0, t0] = await now();
    await page.waitForTimeout(1000 * seconds);
    const [n1, t1] = await now();
    console.log(`${(1000 * (n1 - n0) / (t1 - t0)).toFixed(1)} frames per second`);
}

(async () => {
    const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ARGUMENTS});
    try {
        const page = await open(browser, "index.html");
        if (seconds)
            return await measure(page);
        const images = readImages(imageFile), wanted = readAnswers(answerFile);
        await drawWithTheMouse(page);
        await drawByKeyboard(page);
        console.log(await readTestDigits(page, images, wanted));
        await dream(page);
        await holdAUnit(page);
        await fillIn(page);
        await explainAway(browser);
        await tellsTrouble(browser);
        await onAPhone(browser);
    } finally {
        await browser.close();
    }
})().catch(error => {
    console.error(error);
    process.exit(1);
});
