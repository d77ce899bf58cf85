/* engine.js FOLDER IMAGES ANSWERS [ENGINE]: the page's engine in node gives the program's answers.
 *
 * FOLDER was written by `harmonium web` from a DBN with labels, IMAGES is an IDX file, ANSWERS what `harmonium classify` printed
 * of it; ENGINE may be another engine than the folder's. Ends with what it found. */
"use strict";
const assert = require("assert");
const {loadPage, readImages, readAnswers} = require("./load.js");
const [folder, imageFile, answerFile, engineFile] = process.argv.slice(2);

function classify(engine, images, nLabels) {
    return images.map(image => {
        engine.floats(engine.layer(0), image.length).set(image);
        const shares = Array.from(engine.doubles(engine.check(engine.settle(-1)), nLabels));
        const best = shares.indexOf(Math.max(...shares));
        return [best, shares[best]];
    });
}

/* Weights of the page are bfloat16: observed 0 to 2 other labels of 2,000, and a mean difference of 0.002. */
function checkAnswers(found, wanted) {
    const other = found.filter(([label], i) => label !== wanted[i][0]).length;
    const moved = found.reduce((sum, [, share], i) => sum + Math.abs(share - wanted[i][1]), 0) / found.length;
    assert(other <= 0.003 * found.length, `${other} of ${found.length} labels are not the program's`);
    assert(moved < 0.01, `probabilities differ by ${moved}`);
    return `${found.length - other} of ${found.length} labels are the program's, mean difference of probabilities ${moved.toFixed(5)}`;
}

/* The feature of a unit of the first layer is its column of weights. */
function checkFeature(engine, page) {
    const file = page.parseSafetensors(page.decodeBase64(page.harmoniumModel.bytes));
    const name = "level0.generative.W" in file.tensors ? "level0.generative.W" : "level0.W";
    const {shape: [V, H], data_offsets: [begin]} = file.tensors[name], unit = H - 3;
    const feature = engine.floats(engine.check(engine.feature(1, unit)), V);
    const view = new DataView(file.data.buffer, file.data.byteOffset + begin);
    const bits = new Uint32Array(1), number = new Float32Array(bits.buffer);
    for (let i = 0; i < V; i++) {
        bits[0] = view.getUint16(2 * (i * H + unit), true) << 16;
        assert(Math.abs(feature[i] - number[0]) < 1e-6);
    }
}

function checkDream(engine, nLabels) {
    const top = engine.n_layers() - 1, unit = 5;
    engine.check(engine.set_label(3));
    engine.check(engine.dream(0, 0));
    for (const value of [1, 0]) {
        engine.check(engine.hold(top, unit, value));
        engine.check(engine.step(3));
        assert.strictEqual(engine.floats(engine.layer(top), unit + 1)[unit], value);
        assert.strictEqual(engine.doubles(engine.labels(), nLabels)[3], 1);
    }
    assert(!engine.set_label(nLabels));
    assert.match(engine.errorText(), /labels are 0 to/);
    assert(!engine.hold(top, 1e6, 1));
    engine.check(engine.set_label(-1));
}

/* The left half stays as it is given. */
function checkFillingIn(engine, image) {
    const V = image.length, width = Math.sqrt(V), mask = engine.module._malloc(V);
    for (let i = 0; i < V; i++)
        engine.module.HEAPU8[mask + i] = i % width < width / 2 ? 1 : 0;
    engine.floats(engine.layer(0), V).set(image.map((x, i) => i % width < width / 2 ? x : 0));
    engine.check(engine.dream(1, mask));
    engine.check(engine.step(5));
    const shown = engine.floats(engine.layer(0), V);
    assert(image.every((x, i) => i % width >= width / 2 || shown[i] === x));
    assert(shown.some((x, i) => i % width >= width / 2 && x > 0.5));
}

function checkBeliefNet(engine, page) {
    const use = text => engine.withTexts(["house.net", text], (name, text) => engine.net(name, text));
    engine.check(use(page.harmoniumNets["earthquake.net"]));
    const at = name => Array.from({length: engine.n_nodes()}, (_, i) => engine.text(engine.node_name(i))).indexOf(name);
    const truck = () => engine.doubles(engine.check(engine.infer()), 3)[at("truck")];
    engine.observe(at("jumps"), 1);
    assert(Math.abs(truck() - 0.5) < 1e-4);
    engine.observe(at("earthquake"), 1);
    assert(Math.abs(truck() - 9.08e-5) < 1e-7); /* docs/belief.md */
    assert(!use("node a bias 1 b 2\n"));
    assert.match(engine.errorText(), /house\.net/);
    assert.strictEqual(engine.n_nodes(), 3); /* the net before stays */
}

(async () => {
    const page = loadPage(folder, engineFile), images = readImages(imageFile), wanted = readAnswers(answerFile);
    const engine = await page.Engine.load(), model = page.loadModel(engine, page.harmoniumModel);
    console.log(checkAnswers(classify(engine, images, model.labels.length), wanted));
    checkFeature(engine, page);
    checkDream(engine, model.labels.length);
    checkFillingIn(engine, images[0]);
    checkBeliefNet(engine, page);
})().catch(error => {
    console.error(error);
    process.exit(1);
});
